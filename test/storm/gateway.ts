import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.ts';

const program = fileURLToPath(new URL('dist/cli.js', packageRoot));
const exampleFile = fileURLToPath(new URL('examples/entity1.yaml', packageRoot));

/** Lines of its log that are kept for whoever looks for what went wrong. */
const keptLines = 200;

/** The built gateway as a process of its own, which is started again whenever it ends, as a service manager does. */
export class Gateway implements AsyncDisposable {
  readonly complaints: string[] = [];
  readonly log: string[] = [];
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess;
  #isStopped = false;

  private constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
    this.#process = this.#spawn();
  }

  /** Provisions the example organization and starts to serve it; `env` is what its settings differ in. */
  static async start(env: Readonly<Record<string, string>>): Promise<Gateway> {
    const settings = { ...process.env, LOG_LEVEL: 'warn', ...env };
    await promisify(execFile)(process.execPath, [program, 'provision', exampleFile], { env: settings });
    return new Gateway(settings);
  }

  /** Ends the process as nothing can prevent; another one takes its place at once. */
  async kill(): Promise<void> {
    const killed = this.#process;
    killed.removeAllListeners('exit');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    this.#process = this.#spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [program, 'serve'], { env: this.#env, stdio: ['ignore', 'ignore', 'pipe'] });
    createInterface(child.stderr).on('line', (line) => {
      this.log.push(line);
      if (this.log.length > keptLines) this.log.shift();
    });
    child.on('exit', (code, signal) => {
      if (this.#isStopped) return;
      this.complaints.push(`the gateway ended by itself: ${signal ?? `exit code ${code ?? '?'}`}`);
      this.#process = this.#spawn();
    });
    // Nothing is left running where this process ends early.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    return child;
  }
}
