/** Every limit of the runtime itself, in one place; their relations are asserted in limits.test.ts. Units last. */
export const LIMITS = {
  /** How long a worker's lease lasts without a heartbeat. */
  lease_ms: 10_000,
  heartbeat_ms: 2_500,
  /** Beyond this difference between clocks a worker begins nothing. */
  clock_skew_ms: 5_000,
  /** Added to a step's timeout before anyone may say that it did not act. */
  grace_ms: 250,
  /** How long a ledger in a new life waits for somebody who knew it before. */
  vouch_ms: 20_000,
  /** Of the last writes of a worker, that it keeps beside the ledger: bytes of each of two files, and how long they lie. */
  heads_bytes: 8_000_000,
  heads_kept_ms: 172_800_000,
  /** Most that is read of them when a ledger is looked at, the newest first. */
  heads_read_bytes: 64_000_000,
  /** Net under LISTEN/NOTIFY. */
  poll_ms: 500,
  /** How often the end of the ledger is read for those who follow it, and how long a look waits for what comes with a wake. */
  feed_poll_ms: 200,
  feed_gather_ms: 20,
  /** Entries of one look; most that wait for one follower before it is let go, and their characters. */
  feed_page: 500,
  feed_inbox: 2_000,
  feed_inbox_chars: 4_000_000,
  /** A follower who hears nothing for so long is told that nothing came. */
  feed_quiet_ms: 15_000,
  /** Operations and bytes of one batch of the batcher. */
  batch_ops: 256,
  batch_bytes: 1_000_000,
  /** Longest body of one entry; larger tool results are refused. */
  body_bytes: 1_000_000,
  /** A tool's output above this rests as a blob; the journal and the model get its head. */
  spill_bytes: 16_000,
  spill_head_chars: 2_000,
  /** Most that a model reads at once of a stored output. */
  read_stored_chars: 4_000,
  /** Longest state of a session: it stands in an entry of every run that changes it. */
  state_bytes: 64_000,
  /** Most characters of what was said in an earlier turn of a session, and of what came of it, in a prompt. */
  turn_chars: 4_000,
  /** Most characters of a conversation that a judging model is shown, and of one message of it. */
  evidence_chars: 40_000,
  evidence_message_chars: 4_000,
  steps_per_run: 2_000,
  /** So many workers in a row die over a run before it is worked alone; so many more while it is, and it is a dead letter. */
  deaths_in_company: 3,
  deaths_alone: 3,
  /** How long others that are suspect wait for the one whose turn it is. */
  alone_ms: 10_000,
  /** Times that a worker which lives may drop a run without bringing it to rest before that is a dead letter. */
  drops_without_rest: 5,
  claim_batch: 32,
  /** As many the ledger may give at most, though more are due: whoever gets just so many comes again. */
  claim_clipped: 8,
  /** Runs that hosts are told of at a time, and how soon again of one that nobody took up. */
  due_looked_at: 500,
  due_again_ms: 10_000,
  /** What a process that is told to stop waits for: answers of its HTTP API, then attempts that are under way. */
  http_close_ms: 10_000,
  stop_ms: 10_000,
  /** A client that takes nothing of its answer for so long is cut off: it holds a place that others may want. */
  http_stuck_ms: 60_000,
  /** How often a worker looks, where there are any, for runs that were parked because the code had changed; how many at once. */
  second_look_ms: 5_000,
  second_look_runs: 1_000,
  /** It remembers so many that its own code does not fit. */
  known_misfits: 50_000,
  /** How often a scheduler looks beside the times of its ticks, and after how many silent looks another version's word counts. */
  schedule_look_ms: 30_000,
  schedule_stale_looks: 4,
  /** How soon it looks again at a tick that could not be dealt with. */
  schedule_retry_ms: 1_000,
  /** How late a tick may be and still be in time. */
  tick_late_ms: 60_000,
  /** A kill waits this long for shared locks, then ends the backends that hold them. */
  kill_wait_ms: 2_000,
  /** How often a worker looks for ended runs to fold into series, how many at a time, and its least pause where there are more. */
  drift_look_ms: 2_000,
  drift_batch: 50,
  drift_pause_ms: 20,
  /** Folding takes at most one part in so many of a worker's time: what waits is folded when there is less to do. */
  drift_share: 20,
  /** How far back changes of an agent's series are looked for: a year. */
  drift_looked_at_ms: 31_536_000_000,
  tool_timeout_ms: 30_000,
  model_timeout_ms: 60_000,
  /** Full jitter backoff between attempts: base and cap. */
  backoff_base_ms: 200,
  backoff_cap_ms: 10_000,
  /** How often a worker tells what its calls came to, and how long after an attempt's end that is heard of everywhere. */
  tally_ms: 1_000,
  probe_told_ms: 3_000,
  /** How soon a step looks again at what it cannot call now, and how rarely at most. */
  outage_look_ms: 1_000,
  outage_look_most_ms: 5_000,
  /** How long a run waits for a lock or a key that another run holds before it gives up. */
  busy_wait_ms: 60_000,
  /** `check` answering unknown is asked this often, then a person is. */
  check_attempts: 5,
  /** Total time of a run whose policy names none. */
  run_deadline_ms: 86_400_000,
  /**
   * How long people have for a doubt. Well within a run's deadline, and at the latest so much before it: a doubt that
   * nobody decides ends its run as handed over, which says what is wrong, and not as out of time.
   */
  doubt_within_ms: 14_400_000,
  doubt_margin_ms: 5_000,
  /** Time of its own that a run's wind-down has where its policy names none: for a person's answer, and what is done then. */
  unwind_within_ms: 18_000_000,
  /** How long a session waits for numbers that are missing, where its messages do not say. */
  gap_ms: 60_000,
  /** Runs admitted in one transaction. */
  admissions_at_once: 256,
  /** How long a run that must end waits for those below it; how often it looks; what a child has less than its parent. */
  wind_down_ms: 60_000,
  child_look_ms: 1_000,
  child_margin_ms: 2_000,
  /** How often a worker looks for gaps whose time is over. */
  gap_look_ms: 2_000,
  /** How often the last use of a token is written, and how long a server may go by what it read of one: a revocation is heard within. */
  token_used_ms: 60_000,
  token_cache_ms: 5_000,
  /** The longest that one may be made for, ten years, unless it is for good. */
  token_life_ms: 315_360_000_000,
  parked_activations: 256,
  /** How long a held run sleeps before it looks again, beneath the wake-up of a release. */
  hold_look_ms: 30_000,
  /** How often a question looks for its answer while sister branches of its run work on. */
  sister_look_ms: 1_000,
  /** How long a command waits for the config that it needs, and for one that it could do without. */
  config_load_ms: 60_000,
  config_look_ms: 10_000,
  /** Child processes of tools: longest load of a module, heap of one child, life of one that waits for a call. */
  isolated_load_ms: 30_000,
  isolated_heap_mb: 256,
  isolated_idle_ms: 60_000,
  /** MCP servers: longest start of one with its list of tools, how soon one that fell is started again, and at most how late. */
  mcp_start_ms: 30_000,
  mcp_restart_ms: 500,
  mcp_restart_most_ms: 30_000,
  /** How long a server may take to end by itself, and its longest message. */
  mcp_exit_ms: 2_000,
  mcp_message_bytes: 16_000_000,
} as const
