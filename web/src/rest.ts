// SPDX-License-Identifier: Apache-2.0
import { noteServerTime } from './clock';
import { texts } from './texts';

/** The server's answer was no, or there was none (status 0). The message is for people. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

export interface RestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  /** Lists become several parameters of the same name; what is undefined is left out. */
  query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  /** Only when what is there still has this ETag; else 412. */
  ifMatch?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface RestAnswer<T> {
  data: T;
  headers: Headers;
  status: number;
}

let csrf = '';
let sessionLost: () => void = () => {};

/** For session.ts. */
export function setCsrf(token: string): void {
  csrf = token;
}
export function onSessionLost(told: () => void): void {
  sessionLost = told;
}

/** A part of a path: `/api/v1/points/${inPath(name)}` keeps the slashes of the name. */
export function inPath(text: string): string {
  return text.split('/').map(encodeURIComponent).join('/');
}

/** With its query: also for links that save a file. */
export function address(path: string, query: RestOptions['query']): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) parameters.append(key, String(each));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

function isJson(response: Response): boolean {
  return (response.headers.get('Content-Type') ?? '').includes('json');
}

async function failureOf(response: Response): Promise<RestError> {
  const body: unknown = isJson(response) ? await response.json().catch(() => null) : null;
  const told = (body as { error?: unknown } | null)?.error;
  const retry = response.headers.get('Retry-After');
  const message = typeof told === 'string' ? told : texts.rest.status(response.status);
  return new RestError(response.status, retry ? `${message} ${texts.rest.retryAfter(retry)}` : message, body);
}

/** With headers and status. Throws RestError, or AbortError when `signal` says so. */
export async function restAnswer<T>(path: string, options: RestOptions = {}): Promise<RestAnswer<T>> {
  const method = options.method ?? 'GET';
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.ifMatch) headers['If-Match'] = options.ifMatch;
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  const late = AbortSignal.timeout(options.timeoutMs ?? 15_000);
  const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
  try {
    const response = await fetch(address(path, options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal,
    });
    noteServerTime(response.headers.get('Date'));
    if (response.status === 401 && !path.endsWith('/login')) sessionLost();
    if (!response.ok) throw await failureOf(response);
    const data = isJson(response) ? ((await response.json()) as T) : ((await response.text()) as T);
    return { data, headers: response.headers, status: response.status };
  } catch (problem) {
    if (problem instanceof RestError) throw problem;
    if (options.signal?.aborted) throw problem;
    throw new RestError(0, late.aborted ? texts.rest.late : texts.rest.unreachable);
  }
}

/** The answer's body. */
export async function rest<T>(path: string, options: RestOptions = {}): Promise<T> {
  return (await restAnswer<T>(path, options)).data;
}

/** What to show of a problem. */
export function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

export function isAbort(problem: unknown): boolean {
  return problem instanceof DOMException && problem.name === 'AbortError';
}
