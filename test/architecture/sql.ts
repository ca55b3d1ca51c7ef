import ts from 'typescript'
import { nodesOf, parse, type SourceFile } from '../sources.js'

const HOME = 'src/ledger/postgres/'
/** Statements as they begin; in the middle of a text only what no sentence says. */
const STATEMENT =
  /^\s*(select\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(table|schema|database|role|index|function|type|user|extension)\s|truncate\s|begin\s*;|commit\s*;|listen\s+\w+\s*;?\s*$|notify\s+\w+\s*[,;])|\b(insert\s+into|delete\s+from)\s+\w+[.\s(]|\bselect\b[\s\S]*\bfrom\s+\w+\s+(where|order|limit|join)\b/i

/** SQL in the strings of files where none belongs, as `path:line text`. */
export function strayStatements(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/') && !path.startsWith(HOME))
    .flatMap((file) => {
      const tree = parse(file)
      return nodesOf(tree)
        .filter(isText)
        .flatMap((node) => {
          if (!STATEMENT.test(node.text)) return []
          return [
            `${file.path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.text.slice(0, 60)}`,
          ]
        })
    })
}

function isText(node: ts.Node): node is ts.StringLiteralLike | ts.TemplateHead {
  return ts.isStringLiteralLike(node) || ts.isTemplateHead(node)
}
