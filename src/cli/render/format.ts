/**
 * The three forms in which the files of a product leave: as files, as manifests of Kubernetes, or as variables. Secrets are
 * named in all of them and held by none, unless their values are asked for: then they stand in one file, apart from the others.
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
import type { EnvironmentFile, ExpectedVariable, RenderedFile } from '../../products/contract.ts'
import { allFiles, type RenderedProduct } from '../../products/render-product.ts'

export const renderFormats = ['files', 'kubernetes', 'env'] as const
export type RenderFormat = (typeof renderFormats)[number]

/** A file of the output folder. */
export interface OutputFile extends RenderedFile {
  /** Holds secrets: written for its owner alone (mode 0600). */
  secret?: true
}

/** The value of a variable that is a secret. Throws `secret-not-found`. */
export type Reveal = (product: string, variable: ExpectedVariable) => string

/** Files of one product below the output folder. `reveal` is given when secrets are to be written with their values. */
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
  const content = writeEnv([
    comment('Secrets in clear text. Keep this file out of version control.'),
    ...rendered.variables.map((variable) => envEntry(variable.name, reveal(rendered.name, variable))),
  ])
  return [...files, { path: 'secrets.env', content, secret: true }]
}

function isEnvironmentFile(file: RenderedFile | EnvironmentFile): file is EnvironmentFile {
  return 'variables' in file
}

/** Where a Secret of Kubernetes keeps a variable. Those of `secrets` keep their names, so that Secrets that exist are found. */
function secretKeyOf(product: string, { name, from, derived }: ExpectedVariable): { name: string; key: string } {
  if (from) return { name: from.secretName, key: from.key }
  return derived ? { name: `${product}-client`, key: 'clientSecret' } : { name: `${product}-environment`, key: name }
}

function asManifests(
  { name, files = [], registration, variables }: RenderedProduct,
  reveal: Reveal | undefined,
): OutputFile[] {
  const plain = files.filter((file) => !isEnvironmentFile(file) && !file.manifest)
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
        { comment: 'Written by `gatehouse render`: mount the keys as files of the product (REGISTER.md).' },
      ),
    })
  }
  for (const { path, entries } of environments(name, files)) {
    output.push({
      path: path.replace(/(\.env)?$/, '-env.yaml'),
      content: writeYaml(
        {
          env: [...entries.map(({ name: key, value }) => ({ name: key, value })), ...secretReferences(name, variables)],
        },
        { comment: 'Written by `gatehouse render`: for the container of the product.' },
      ),
    })
  }
  if (reveal && variables.length > 0) output.push(secretManifests(name, variables, reveal))
  return [...output, ...registration]
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
      metadata: { name },
      type: 'Opaque',
      stringData: Object.fromEntries(
        members.map((variable) => [secretKeyOf(product, variable).key, reveal(product, variable)]),
      ),
    },
  }))
  return { path: 'secret.yaml', content: writeYamlDocuments(documents), secret: true }
}

/** The files of variables of a product; one of its own name when it has none. */
function environments(
  name: string,
  files: readonly (RenderedFile | EnvironmentFile)[],
): { path: string; entries: readonly EnvEntry[] }[] {
  const found = files.filter(isEnvironmentFile).map(({ path, variables }) => ({ path, entries: variables }))
  return found.length > 0 ? found : [{ path: `${name}.env`, entries: [] }]
}

function asVariables({ name, files = [], variables }: RenderedProduct, reveal: Reveal | undefined): OutputFile[] {
  return environments(name, files).map(({ path, entries }) => ({
    path,
    content: writeEnv([
      comment(
        reveal
          ? 'Secrets in clear text. Keep this file out of version control.'
          : 'Written by `gatehouse render`. No secret is in here.',
      ),
      ...entries,
      ...variables.flatMap((variable): (Comment | EnvEntry)[] =>
        reveal
          ? [envEntry(variable.name, reveal(name, variable))]
          : [comment(`${variable.name} is expected too: ${variable.note}`)],
      ),
    ]),
    ...(reveal ? { secret: true as const } : {}),
  }))
}
