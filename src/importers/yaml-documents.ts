import { LineCounter } from 'yaml'
import { looksSecret } from '../config/shown-text.ts'
import { dataOf, syntaxProblemsOf, yamlDocumentsOf } from '../config/source.ts'
import { type ImportFile, UnreadableImport } from './contract.ts'

/** The documents of a YAML (or JSON) file as plain data. Throws UnreadableImport. */
export function yamlDocuments(file: ImportFile): unknown[] {
  const { name, text } = file
  const lines = new LineCounter()
  const documents = yamlDocumentsOf(text, lines)
  if ('message' in documents) throw new UnreadableImport(name, documents.message)
  return documents.map((document) => {
    const [problem] = syntaxProblemsOf(document, text)
    if (problem) {
      const { line, col: column } = lines.linePos(problem.offset)
      throw brokenYaml(file, { line, column, message: problem.message })
    }
    const read = dataOf(document)
    if ('message' in read) throw new UnreadableImport(name, read.message)
    return read.data
  })
}

/** What a text is that has no settings at all. */
export const noMap = 'is no map of settings'

/** Says where a YAML text is broken, and names a key that is there twice: in the files of other tools no key is a secret. */
function brokenYaml(
  { name, text }: ImportFile,
  { line, column, message }: { line: number; column: number; message: string },
): UnreadableImport {
  const row = text.split(/\r?\n/)[line - 1] ?? ''
  const [, key = ''] = /^["']?([A-Za-z_][\w./-]{0,60})["']?\s*:/.exec(row.slice(column - 1)) ?? []
  const isNamed = key !== '' && message.startsWith('is set twice') && !looksSecret(key)
  return new UnreadableImport(name, `line ${line}: ${isNamed ? `${JSON.stringify(key)} ` : ''}${message}`)
}
