import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCommand } from './support/cli.ts';

const exampleFile = fileURLToPath(new URL('../examples/entity1.yaml', import.meta.url));

const commands = [
  'serve',
  'migrate',
  'provision',
  'import',
  'prune-changes',
  'sweep-images',
  'keep-images',
  'keys',
  'print-schema',
];

describe('customer-gateway --help', () => {
  it('names every command, variable and exit code', async () => {
    const { code, out, err } = await runCommand(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const command of commands) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b.* {2,}\\w`, 'm'));
    }
    for (const variable of [
      'PORT',
      'HOST',
      'WORKERS',
      'AUTH',
      'JWT_JWKS_URL',
      'DATA_DIR',
      'DATABASE_URL',
      'PUBLIC_URL',
      'S3_BUCKET',
    ]) {
      expect(out).toMatch(new RegExp(`^  ${variable} +\\w`, 'm'));
    }
    expect(out).toMatch('Exit codes: 0 done, 1 failed, 2 wrongly called, 3 imported but for some refused rows.');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each(commands)('explains %s', async (command) => {
    const { code, out } = await runCommand([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: customer-gateway ${command}`));
  });
});

describe('customer-gateway', () => {
  it('prints the version of package.json', async () => {
    const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    const { code, out } = await runCommand(['--version']);
    expect(code).toBe(0);
    expect(manifest).toMatchObject({ version: out.trim() });
  });

  it.each([
    [[], /^Usage: customer-gateway/],
    [['sevre'], /unknown command 'sevre'[^]*Did you mean serve\?/],
    [['serve', '--port', '1'], /unknown option '--port'/],
    [['provision'], /missing required argument 'file'/],
    [['provision', 'a.yaml', 'b.yaml'], /too many arguments/],
    [['keys', 'create'], /required option '--name <name>' not specified/],
    [['keys', 'create', '--name', ' '], /must be 1 to 255 characters in one line/],
    [['keys', 'create', '--name', 'a\nb'], /must be 1 to 255 characters in one line/],
    [['keys', 'create', '--name', 'a', '--scope', 'read,delete'], /must be a list such as read,write/],
    [['keys', 'create', '--name', 'a', '--scope', ''], /must be a list such as read,write/],
    [['keys', 'create', '--name', 'a', '--expires', '90'], /must be a number of days such as 90d/],
    [['keys', 'revoke'], /missing required argument/],
    [['sweep-images', '--older-than', '1h'], /It must be a number of days such as 90d\./],
    [['keep-images', '--for', '0d'], /It must be a number of days such as 90d\./],
    [['prune-changes'], /required option '--older-than <days>' not specified/],
  ])('answers %j with 2 and how to call it', async (argv, message) => {
    const { code, out, err } = await runCommand(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toMatch('--help');
  });

  it.each(['90', '0d', '-1d', '1.5d', 'd', '', '999999d'])('prunes nothing older than "%s"', async (days) => {
    const { code, out, err } = await runCommand(['prune-changes', `--older-than=${days}`]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch('It must be a number of days such as 90d.');
  });

  it.each(['0', '1.5', 'all', '', '257'])('serves by no number of workers such as "%s"', async (count) => {
    const { code, out, err } = await runCommand(['serve', `--workers=${count}`]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch('It must be a whole number from 1 to 256, or auto.');
  });

  it('believes --workers rather than WORKERS, and serves from an embedded database by one process', async () => {
    const { code, out, err } = await runCommand(['serve', '--workers', '3'], { env: { WORKERS: '1' } });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^WORKERS is "3", but must be 1 or auto with an embedded database, .* DATABASE_URL for more\.\n$/,
    );
  });

  it.each([
    ['serve'],
    ['migrate'],
    ['sweep-images'],
    ['keep-images'],
    ['provision', exampleFile],
    ['prune-changes', '--older-than', '90d'],
  ])('answers %s with 1 and a line for each variable that is wrong', async (...argv) => {
    const { code, out, err } = await runCommand(argv, { env: { PORT: '0', PUBLIC_URL: 'x' } });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^PORT is "0", but .*\.\nPUBLIC_URL is "x", but .*\.\n$/);
  });
});

describe('customer-gateway provision', () => {
  it.each([
    ['/no/such/file.yaml', 'Cannot read /no/such/file.yaml: there is no such file.\n'],
    ['/', 'Cannot read /: it is a folder.\n'],
  ])('names the file it cannot read: %s', async (file, message) => {
    expect(await runCommand(['provision', file])).toEqual({ code: 1, out: '', err: message });
  });

  it('says where in standard input the problems are', async () => {
    const { code, err } = await runCommand(['provision', '-'], { input: 'name: acme\ncurrency: euro\n' });
    expect(code).toBe(1);
    expect(err).toBe(
      'stdin:1:1: rootCategory: is missing\n' +
        'stdin:2:11: currency: must be an ISO 4217 code: three letters such as EUR\n',
    );
  });

  it('refuses what is not UTF-8', async () => {
    const { code, err } = await runCommand(['provision', '-'], { input: Buffer.from('name: Andr\u00e9', 'latin1') });
    expect({ code, err }).toEqual({ code: 1, err: 'Cannot read -: it is not UTF-8 text.\n' });
  });
});
