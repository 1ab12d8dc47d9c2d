/**
 * The three forms of a product's output: files, manifests of Kubernetes, or variables. All of them name
 * secrets and none contains them, unless their values are requested: then they are in one separate file.
 */
import { type Comment, comment, type EnvEntry, envEntry, writeEnv } from '../../formats.ts'
import { allFiles, type RenderedProduct } from '../render-product.ts'
import { manifestsOf } from './manifests.ts'
import { environmentsOf, type OutputFile, type Reveal } from './output-file.ts'

export type { OutputFile, Reveal } from './output-file.ts'

export type RenderFormat = 'files' | 'kubernetes' | 'env'

/** Names of files that a form cannot contain. */
export function leftOut({ files = [] }: RenderedProduct, format: RenderFormat): string[] {
  return format === 'env' ? files.filter(({ variables }) => variables === undefined).map(({ path }) => path) : []
}

/** Files of one product below the output folder. With `reveal`, secrets are written with their values. */
export function formatProduct(
  rendered: RenderedProduct,
  format: RenderFormat,
  reveal: Reveal | undefined,
): OutputFile[] {
  if (!rendered.files) return []
  const files = {
    files: () => asFiles(rendered, reveal),
    kubernetes: () => manifestsOf(rendered, reveal),
    env: () => asVariables(rendered, reveal),
  }[format]()
  return files.map((file) => ({ ...file, path: `${rendered.name}/${file.path}` }))
}

function asFiles(rendered: RenderedProduct, reveal: Reveal | undefined): OutputFile[] {
  const files = allFiles(rendered)
  if (!reveal || rendered.variables.length === 0) return files
  return [...files, ...secretFiles('secrets.env', [], rendered, reveal)]
}

const clearText = comment('Secrets in clear text. Keep this file out of version control.')

/** Variables with their values. A value with several lines, such as a certificate, goes into a separate file. */
function secretFiles(
  path: string,
  entries: readonly EnvEntry[],
  { name, variables }: RenderedProduct,
  reveal: Reveal,
): OutputFile[] {
  const values = variables.map((variable) => ({ name: variable.name, value: reveal(name, variable) }))
  const longer = values.filter(({ value }) => /[\n\r]/.test(value))
  const lines = values.map((variable): Comment | EnvEntry =>
    longer.includes(variable)
      ? comment(`${variable.name} has several lines: see the file ${variable.name}.txt.`)
      : envEntry(variable.name, variable.value),
  )
  return [
    { path, content: writeEnv([clearText, ...entries, ...lines]), secret: true },
    ...longer.map((variable) => ({ path: `${variable.name}.txt`, content: variable.value, secret: true as const })),
  ]
}

function asVariables(rendered: RenderedProduct, reveal: Reveal | undefined): OutputFile[] {
  const { name, files = [], variables } = rendered
  return environmentsOf(name, files).flatMap(({ path, entries }): OutputFile[] => {
    if (reveal) return secretFiles(path, entries, rendered, reveal)
    const expected = variables.map((variable) => comment(`${variable.name} is expected too. ${variable.note}`))
    const head = comment('Written by `gatehouse render`, without secrets.')
    const hides = variables.map((variable) => variable.name)
    return [{ path, content: writeEnv([head, ...entries, ...expected]), hides }]
  })
}
