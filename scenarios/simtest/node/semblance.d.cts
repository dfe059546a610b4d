/** The path or name of the program. The environment variable SEMBLANCE sets it. */
export const program: string;

/** The secret of the signatures: the environment variable SEMBLANCE_SECRET, or the published default. */
export const secret: string;

/**
 * Starts the provider with a subscription of every event type for the receiver's URL. The waits between retries are a
 * thousand times shorter than the provider's. Further arguments are flags of `semblance serve`.
 */
export function start(receiver: string, ...flags: string[]): Promise<Semblance>;

/**
 * Plays scenarios of the library, or scenario files, against the receiver, and returns the report. If an expectation
 * fails, the error's message is the report. Flags of `semblance play` may follow.
 */
export function play(receiver: string, ...scenarios: string[]): Promise<string>;

/**
 * Judges the receiver by checks, by default by all, and returns the report. Ids, groups and levels select checks; flags of
 * `semblance check` may follow. If a MUST is not met or cannot be judged, the error's message is the report.
 */
export function check(receiver: string, ...checks: string[]): Promise<CheckReport>;

/** A running provider. */
export interface Semblance {
  /** The page for people. */
  readonly url: string;
  /** The provider's GraphQL API. */
  readonly graphql: string;
  /** The control API. `${api}/openapi.json` describes it. */
  readonly api: string;
  /** The x-token of the GraphQL API. */
  readonly token: string;
  /** The secret of the signatures. */
  readonly secret: string;

  /** Makes an event happen at the clinic. */
  emit(eventType: string, overrides?: Overrides): Promise<Event>;
  /** Waits until the receiver has accepted a number of events of the type, by default 1, within a time such as "10s". */
  wait(eventType: string, count?: number, within?: string): Promise<Deliveries>;
  /** Waits until no delivery is pending. */
  finished(within?: string): Promise<Deliveries>;
  /** Returns the attempts to deliver events of a type, oldest first. */
  attempts(eventType: string): Promise<Attempt[]>;
  /** Injects a fault, such as "transport=lost-response", into the next attempts. */
  fault(fault: string, next?: number): Promise<void>;
  /** Plays scenarios against the receiver; see {@link play}. */
  play(...scenarios: string[]): Promise<string>;
  /** Judges the receiver by checks; see {@link check}. */
  check(...checks: string[]): Promise<CheckReport>;
  /** Calls the control API with GET. */
  get(path: string): Promise<any>;
  /** Calls the control API with POST. */
  post(path: string, body?: unknown): Promise<any>;
  /** Finishes the attempts in flight and ends the process. */
  stop(): Promise<void>;
}

/** What an event contains. */
export interface Overrides {
  /** Ids of the clinic's records by role. */
  about?: Record<string, string>;
  /** Optional identifiers to include, or ["all"]. */
  with?: string[];
  /** Identifiers to leave out, or ["all"]. */
  omit?: string[];
  /** Values of identifiers. */
  set?: Record<string, string>;
  /** Allows an event that its schema refuses. */
  invalid?: boolean;
}

/** An event at the clinic. */
export interface Event {
  eventType: string;
  identifiers: Record<string, string>;
  /** The ids of the deliveries, one for each subscription to the event type. */
  deliveries: string[];
}

/** Numbers of deliveries. */
export interface Deliveries {
  accepted: number;
  unfinished: number;
}

/** One attempt to deliver an event. The control API has further fields. */
export interface Attempt {
  id: number;
  eventType: string;
  eventId: string;
  outcome: string;
  [field: string]: unknown;
}

/** The report of checks. `semblance check --report json=FILE` has further fields. */
export interface CheckReport {
  verdict: string;
  /** What the receiver does, in one sentence. */
  sentence: string;
  /** The number of checks by outcome. */
  counts: Record<string, number>;
  checks: { id: string; name: string; group: string; level: string; outcome: string; fix: string; [field: string]: unknown }[];
  [field: string]: unknown;
}
