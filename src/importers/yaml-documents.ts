import { parseAllDocuments } from 'yaml'
import { type ImportFile, UnreadableImport } from './contract.ts'

// An alias bomb expands a few lines into gigabytes; no honest configuration repeats an anchor so often.
const maxAliasCount = 100

/** The documents of a YAML (or JSON) file as plain data. Throws UnreadableImport. */
export function yamlDocuments({ name, text }: ImportFile): unknown[] {
  return parseAllDocuments(text).map((document) => {
    const [problem] = document.errors
    if (problem) throw new UnreadableImport(name, `line ${problem.linePos?.[0].line ?? 1}: is not YAML`)
    try {
      const data: unknown = document.toJS({ maxAliasCount })
      // Throws where a part holds itself.
      JSON.stringify(data)
      return data
    } catch {
      throw new UnreadableImport(name, 'uses an anchor that is not defined, inside itself, or far too often')
    }
  })
}
