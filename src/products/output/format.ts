/**
 * The three forms of a product's output: files, manifests of Kubernetes, or variables. All of them name
 * secrets and none contains them, unless their values are requested: then they are in one separate file.
 */
import {
  type Comment,
  comment,
  type EnvEntry,
  envEntry,
  writeEnv,
  writeYaml,
  writeYamlDocuments,
  type YamlValue,
} from '../../formats.ts'
import type { ExpectedVariable, RenderedFile } from '../contract.ts'
import { allFiles, type RenderedProduct } from '../render-product.ts'
import { secretKeyOf } from '../writing/kubernetes-secret.ts'

export type RenderFormat = 'files' | 'kubernetes' | 'env'

/** A file of the output folder. */
export interface OutputFile extends RenderedFile {
  /** Holds secrets: written for its owner alone (mode 0600). */
  secret?: true
  /** Names of variables that it leaves out, and that a version with secrets sets. */
  hides?: readonly string[]
}

/** The value of a variable that is a secret. Throws `secret-not-found`. */
export type Reveal = (product: string, variable: ExpectedVariable) => string

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
    kubernetes: () => asManifests(rendered, reveal),
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

function asManifests(
  { name, files = [], registration, variables }: RenderedProduct,
  reveal: Reveal | undefined,
): OutputFile[] {
  const plain = files.filter((file) => file.variables === undefined && !file.manifest)
  const output: OutputFile[] = files.filter(({ manifest }) => manifest)
  if (plain.length > 0) {
    output.push({
      path: 'configmap.yaml',
      content: writeYaml(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `${name}-gatehouse`, labels: { 'app.kubernetes.io/instance': name } },
          data: Object.fromEntries(plain.map(({ path, content }) => [path.replaceAll('/', '-'), content])),
        },
        {
          comment: 'Written by `gatehouse render`: mount the keys where REGISTER.md puts the files of the same names.',
        },
      ),
    })
  }
  // A product that reads its Secret itself has no variables.
  const inContainer = variables.filter(({ readInSecret }) => readInSecret === undefined)
  for (const { path, entries } of environments(name, files)) {
    if (entries.length + inContainer.length === 0) continue
    output.push({
      path: path.replace(/(\.env)?$/, '-env.yaml'),
      content: writeYaml(
        { env: [...entries.map(plainVariable), ...secretReferences(name, inContainer)] },
        { comment: 'Written by `gatehouse render`: for the container of the product, instead of a file of variables.' },
      ),
    })
  }
  if (reveal && variables.length > 0) output.push(secretManifests(name, variables, reveal))
  return [...output, ...registration]
}

/** Kubernetes replaces `$(NAME)` in values, and reads `$$` as a dollar. */
function plainVariable({ name, value }: EnvEntry): YamlValue {
  return { name, value: value.replaceAll('$', '$$$$') }
}

function secretReferences(product: string, variables: readonly ExpectedVariable[]): YamlValue[] {
  return variables.map((variable) => ({
    name: variable.name,
    valueFrom: { secretKeyRef: secretKeyOf(product, variable) },
  }))
}

function secretManifests(product: string, variables: readonly ExpectedVariable[], reveal: Reveal): OutputFile {
  const secrets = Map.groupBy(variables, (variable) => secretKeyOf(product, variable).name)
  const documents = [...secrets].map(([name, members]) => ({
    value: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, ...placeOf(members) },
      type: 'Opaque',
      stringData: {
        ...Object.assign({}, ...members.map(({ readInSecret }) => readInSecret?.plain ?? {})),
        ...Object.fromEntries(
          members.map((variable) => [secretKeyOf(product, variable).key, reveal(product, variable)]),
        ),
      },
    },
  }))
  return { path: 'secret.yaml', content: writeYamlDocuments(documents), secret: true }
}

function placeOf(members: readonly ExpectedVariable[]): Record<string, YamlValue> {
  const place = members.find(({ readInSecret }) => readInSecret !== undefined)?.readInSecret
  if (!place) return {}
  return { namespace: place.namespace, ...(place.labels === undefined ? {} : { labels: place.labels }) }
}

/** The files of variables of a product; one named after it when it has none. */
function environments(name: string, files: readonly RenderedFile[]): { path: string; entries: readonly EnvEntry[] }[] {
  const environmentFiles = files.flatMap(({ path, variables }) => (variables ? [{ path, entries: variables }] : []))
  return environmentFiles.length > 0 ? environmentFiles : [{ path: `${name}.env`, entries: [] }]
}

function asVariables(rendered: RenderedProduct, reveal: Reveal | undefined): OutputFile[] {
  const { name, files = [], variables } = rendered
  return environments(name, files).flatMap(({ path, entries }): OutputFile[] => {
    if (reveal) return secretFiles(path, entries, rendered, reveal)
    const expected = variables.map((variable) => comment(`${variable.name} is expected too. ${variable.note}`))
    const head = comment('Written by `gatehouse render`, without secrets.')
    const hides = variables.map((variable) => variable.name)
    return [{ path, content: writeEnv([head, ...entries, ...expected]), hides }]
  })
}
