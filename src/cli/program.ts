import { Command, CommanderError } from 'commander'
import { MidwatchError } from '../core/errors.js'
import { Call } from './call.js'
import { verbsFor } from './commands.js'
import { EXIT, type ExitCode, exitOfError } from './exit.js'
import type { Io } from './io.js'
import { print, type Verb } from './verb.js'

/** Works one command line, and answers with what the shell shall hear. Never throws. */
export async function runCli(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok
  const program = programOf(io, version, await verbsFor(argv[0]), async (verb, call) => {
    exit = await actOn(verb, call)
  })
  if (argv.length === 0) {
    io.err(program.helpInformation())
    return EXIT.usage
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exit
  } catch (error) {
    return tell(io, error, argv.includes('--json'))
  }
}

function programOf(
  io: Io,
  version: string,
  verbs: readonly Verb[],
  work: (verb: Verb, call: Call) => Promise<void>,
): Command {
  const program = new Command('midwatch')
    .description('Runs AI agents in production: one ledger, governed steps, no effect twice by itself.')
    .version(version)
    // A command's own options are its own, `--version` among them.
    .enablePositionalOptions()
    .exitOverride()
    // Faults are told by `tell`, in one line.
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: () => undefined })
  for (const verb of verbs) addVerb(program, verb, io, work)
  return program
}

function addVerb(program: Command, verb: Verb, io: Io, work: (verb: Verb, call: Call) => Promise<void>): void {
  const command = program.command(verb.usage).description(verb.says)
  for (const [flags, says] of verb.options ?? []) command.option(flags, says)
  command.option('--json', 'one JSON document on stdout')
  command.option('--config <file>', 'another file than midwatch.config.ts')
  command.action(async () => {
    const args = command.processedArgs.flat().map((arg: unknown) => (arg === undefined ? '' : String(arg)))
    await work(verb, new Call(io, args, command.opts()))
  })
}

async function actOn(verb: Verb, call: Call): Promise<ExitCode> {
  try {
    const reply = await verb.act(call)
    if (typeof reply === 'number') return reply
    print(call, reply)
    return reply.exit ?? EXIT.ok
  } finally {
    await call.close()
  }
}

/** One line on stderr, never a stack; with --json the same as a document on stdout. */
function tell(io: Io, error: unknown, json: boolean): ExitCode {
  // Help and version come as errors too.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
  const fault = faultOf(error)
  const line = fault.message.replace(/\s+/g, ' ').trim()
  io.err(`midwatch: ${fault.code}: ${line}\n`)
  if (json) io.out(`${JSON.stringify({ error: { code: fault.code, message: line } }, null, 2)}\n`)
  return fault.exit
}

function faultOf(error: unknown): { code: string; message: string; exit: ExitCode } {
  if (error instanceof MidwatchError) return { code: error.code, message: error.message, exit: exitOfError(error.code) }
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof CommanderError)) return { code: 'failed', message, exit: EXIT.failed }
  return { code: 'usage', message: `${message.replace(/^error: /, '')}; see 'midwatch --help'.`, exit: EXIT.usage }
}
