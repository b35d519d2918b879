import type { Command } from 'commander';
import { parseDays, parseKeyName, parseScopes } from './command-arguments.ts';
import type { KeyCreation, KeyListing } from './keys-command.ts';
import type { CliIo } from './program.ts';

const keysHelp = `
An embedded database must not be in use: stop the gateway first. On PostgreSQL it may run.
`;

/** Adds `keys create`, `keys list` and `keys revoke`. */
export function addKeysCommand(program: Command, io: CliIo): void {
  const load = () => import('./keys-command.ts');
  const keys = program
    .command('keys')
    .description('create, list and revoke API keys, which callers authenticate with (AUTH=keys)')
    .addHelpText('after', keysHelp);
  keys
    .command('create')
    .description('print a new key, which is not shown again: it is kept as a hash')
    .requiredOption('--name <name>', 'what it is for, to tell it by', parseKeyName)
    .option('--scope <scopes>', 'what it allows: read, write, admin (all there is)', parseScopes, ['read', 'write'])
    .option('--expires <days>', 'how long it is valid, such as 90d; without it, until it is revoked', parseDays)
    .option('--user <reference>', 'the user in whose name it calls, who becomes createdBy of new customers')
    .option('--organization <name>', 'name or id of the organization, where there are several')
    .addHelpText('after', keysHelp)
    .action(async (call: KeyCreation) => (await load()).createKey(call, io));
  keys
    .command('list')
    .description('print all keys, but not the keys themselves')
    .option('--organization <name>', 'only those of this organization')
    .option('--json', 'print a line of JSON')
    .addHelpText('after', keysHelp)
    .action(async (call: KeyListing) => (await load()).listKeys(call, io));
  keys
    .command('revoke')
    .description('end a key for good; within 5 seconds nothing accepts it')
    .argument('<prefix or id>', 'as keys list prints them')
    .addHelpText('after', keysHelp)
    .action(async (name: string) => (await load()).revokeKey(name, io));
}
