import { LineCounter } from 'yaml'
import { dataOf, syntaxProblemsOf, yamlDocumentsOf } from '../config/source.ts'
import { type ImportFile, UnreadableImport } from './contract.ts'

/** The documents of a YAML (or JSON) file as plain data. Throws UnreadableImport. */
export function yamlDocuments({ name, text }: ImportFile): unknown[] {
  const lines = new LineCounter()
  const documents = yamlDocumentsOf(text, lines)
  if ('message' in documents) throw new UnreadableImport(name, documents.message)
  return documents.map((document) => {
    const [problem] = syntaxProblemsOf(document, text)
    if (problem) throw new UnreadableImport(name, `line ${lines.linePos(problem.offset).line}: ${problem.message}`)
    const read = dataOf(document)
    if ('message' in read) throw new UnreadableImport(name, read.message)
    return read.data
  })
}
