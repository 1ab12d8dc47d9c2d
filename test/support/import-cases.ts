/**
 * test/import/<tool>/<case>/: the shapes in which configurations of other tools are kept. `case.yaml` says what must be carried, named as
 * lost and not said; `input/` holds the files, which are given in the order of their names.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { type ImportSource, importSources } from '../../src/importers/contract.ts'

export const corpus = join(import.meta.dirname, '../import')

const ImportCase = z.strictObject({
  /** The shape, in one sentence. */
  says: z.string().min(20),
  /** More arguments of `gatehouse import`. */
  arguments: z.array(z.coerce.string()).default([]),
  /** Paths in gatehouse.yaml and their values: `authenticationClasses.github.github.organizations[0]: acme`. */
  carried: z.record(z.string(), z.unknown()).default({}),
  /** Texts that the list of losses contains. */
  lost: z.array(z.string()).default([]),
  /** Texts that neither the list nor gatehouse.yaml contains. */
  not: z.array(z.string()).default([]),
  /** A text of the refusal, for what is no input; then there is nothing else. */
  refused: z.string().optional(),
  /** What `gatehouse check` finds in the result. */
  check: z.enum(['fine', 'warnings', 'errors']).optional(),
})
export type ImportCase = z.infer<typeof ImportCase> & {
  tool: ImportSource
  /** `dex/argocd-cm` */
  name: string
  folder: string
  /** Names below `input/`. */
  inputs: string[]
}

/** All cases of a tool. Throws when one is described wrongly. */
export function importCases(tool: ImportSource): ImportCase[] {
  const folder = join(corpus, tool)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((name) => readCase(tool, name))
}

export function allImportCases(): ImportCase[] {
  return importSources.flatMap(importCases)
}

function readCase(tool: ImportSource, name: string): ImportCase {
  const folder = join(corpus, tool, name)
  const read = ImportCase.safeParse(parse(readFileSync(join(folder, 'case.yaml'), 'utf8')))
  if (!read.success) throw new Error(`${folder}/case.yaml: ${z.prettifyError(read.error)}`)
  const inputs = readdirSync(join(folder, 'input')).sort()
  if (inputs.length === 0) throw new Error(`${folder}/input is empty`)
  return { ...read.data, tool, name: `${tool}/${name}`, folder, inputs }
}

/** The value at a path such as `a.b[0].c`; a key may contain dots itself. */
export function valueAt(data: unknown, path: string): unknown {
  return valueBelow(data, path.replaceAll(/\[(\d+)\]/g, '.$1').split('.'))
}

function valueBelow(data: unknown, segments: readonly string[]): unknown {
  if (segments.length === 0) return data
  if (typeof data !== 'object' || data === null) return undefined
  for (let length = 1; length <= segments.length; length++) {
    const key = segments.slice(0, length).join('.')
    if (!Object.hasOwn(data, key)) continue
    const found = valueBelow((data as Record<string, unknown>)[key], segments.slice(length))
    if (found !== undefined) return found
  }
  return undefined
}
