/** Why a file cannot be read, for the person who gave it: a template, a file of another tool, or a slip in a line. */
import { type ImportFile, type ImportSource, UnreadableImport } from './contract.ts'
import { whatWasFound } from './foreign-file.ts'
import { templateThatBreaks } from './template.ts'
import { tomlSettings } from './toml-settings.ts'
import { noMap, yamlDocuments } from './yaml-documents.ts'

/** The same refusal with what can be said beyond it. */
export function explained(
  error: UnreadableImport,
  source: ImportSource,
  files: readonly ImportFile[],
): UnreadableImport {
  const named = files.filter(({ name }) => error.file.includes(name))
  const suspects = named.length > 0 ? named : files
  const template = suspects.map(templateThatBreaks).find((found) => found !== undefined)
  if (template) return template
  const [only, ...others] = suspects
  const { file, reason } = only && others.length === 0 ? retold(error, only) : error
  const found = whatWasFound(source, suspects)
  const isSlip = /^line \d/.test(reason) && !reason.endsWith(noMap)
  // A slip in one's own file is explained by its line.
  return found === undefined || (isSlip && !found.startsWith('It looks'))
    ? new UnreadableImport(file, reason)
    : new UnreadableImport(file, `${reason}. ${found}`)
}

/** The readers of our own files, which some importers use, have other words. */
function retold(error: UnreadableImport, file: ImportFile): UnreadableImport {
  const { reason } = error
  if (reason.endsWith('is not TOML')) return thrownBy(() => tomlSettings(file)) ?? error
  if (reason.includes('is set twice')) return thrownBy(() => yamlDocuments(file)) ?? error
  return new UnreadableImport(error.file, reason.replace(/must be a map of settings .*$/, noMap))
}

function thrownBy(read: () => unknown): UnreadableImport | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof UnreadableImport ? error : undefined
  }
}
