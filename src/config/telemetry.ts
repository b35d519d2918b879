import type { HttpConfig } from './http.ts';
import { parseHost, parsePort } from './http.ts';
import { isLoopback } from './loopback.ts';
import { type Problems, complain, readSwitch } from './problems.ts';
import { parseUrl } from './url.ts';

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/** Where /metrics is: beside the doors, on a port of its own, or nowhere. */
export type MetricsConfig =
  { readonly kind: 'main' } | { readonly kind: 'own'; readonly http: HttpConfig } | { readonly kind: 'none' };

/** What a process tells of itself, and to whom. */
export type TelemetryConfig = {
  readonly logLevel: LogLevel;
  /** Whether every request is a line of the log. */
  readonly accessLog: boolean;
  readonly metrics: MetricsConfig;
  /** The address that takes traces (OTLP over HTTP); undefined where none are wanted. */
  readonly tracesUrl: string | undefined;
};

function readLogLevel(value: string | undefined, problems: Problems): LogLevel {
  const level = logLevels.find((each) => each === (value || 'info').toLowerCase());
  if (!level) complain(problems, 'LOG_LEVEL', value ?? '', `one of ${logLevels.join(', ')}`);
  return level ?? 'info';
}

function readMetrics(env: NodeJS.ProcessEnv, http: HttpConfig, problems: Problems): MetricsConfig {
  const { METRICS_PORT: value, METRICS_HOST: host } = env;
  // Whoever reaches the doors from elsewhere need not see the figures.
  if (!value) return { kind: isLoopback(http.host) ? 'main' : 'none' };
  const port = parsePort(value);
  if (port === undefined || port === http.port)
    complain(problems, 'METRICS_PORT', value, 'a whole number from 1 to 65535, and another one than PORT');
  return { kind: 'own', http: Object.freeze({ host: parseHost(host), port: port ?? 0 }) };
}

function readTracesUrl(env: NodeJS.ProcessEnv, problems: Problems): string | undefined {
  if (env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  const names = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
  const name = names.find((each) => env[each]);
  const value = name && env[name];
  if (!name || !value) return undefined;
  if (!parseUrl(value, ['http:', 'https:']))
    complain(problems, name, value, 'an http or https URL such as http://127.0.0.1:4318');
  return name === names[0] ? value : `${value.replace(/\/+$/, '')}/v1/traces`;
}

/** LOG_LEVEL, ACCESS_LOG, METRICS_PORT, METRICS_HOST, and where OpenTelemetry's own variables say that traces go. */
export function readTelemetry(env: NodeJS.ProcessEnv, http: HttpConfig, problems: Problems): TelemetryConfig {
  return Object.freeze({
    logLevel: readLogLevel(env['LOG_LEVEL'], problems),
    accessLog: readSwitch('ACCESS_LOG', env['ACCESS_LOG'], problems),
    metrics: Object.freeze(readMetrics(env, http, problems)),
    tracesUrl: readTracesUrl(env, problems),
  });
}

const longestDrainDelay = 300;

/** DRAIN_DELAY, in seconds; answers milliseconds. */
export function readDrainDelay(value: string | undefined, problems: Problems): number {
  if (!value) return 0;
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (!(seconds <= longestDrainDelay))
    complain(problems, 'DRAIN_DELAY', value, `a whole number of seconds from 0 to ${longestDrainDelay}`);
  return seconds * 1_000;
}
