import ts from 'typescript'

const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
const host = ts.createCompilerHost(options)
const parse = host.getSourceFile.bind(host)
/** Libraries and sources are read once for all that a test file compiles. */
const parsed = new Map<string, ts.SourceFile | undefined>()

/**
 * What the compiler complains of under the project's own options, by file, each as `line: text`. `texts` holds what stands in
 * the files that are asked about, whose folders are there, though they themselves need not be.
 */
export function complaintsOf(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  host.fileExists = (name) => texts.has(name) || ts.sys.fileExists(name)
  host.getSourceFile = (name, how) => {
    const text = texts.get(name)
    if (text !== undefined) return ts.createSourceFile(name, text, how)
    if (!parsed.has(name)) parsed.set(name, parse(name, how))
    return parsed.get(name)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  const of = (file: string) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(lineOf)
  return new Map([...texts.keys()].map((file) => [file, of(file)]))
}

function lineOf({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file ? ts.getLineAndCharacterOfPosition(file, start).line + 1 : 0
  return `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}
