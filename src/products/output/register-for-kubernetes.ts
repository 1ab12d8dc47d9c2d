/** REGISTER.md of the form for Kubernetes: the same page, which speaks of the files that this form writes. */
import { mdCode } from '../../formats.ts'
import type { ExpectedVariable, RenderedFile } from '../contract.ts'
import { secretKeyOf } from '../writing/kubernetes-secret.ts'
import { bullets, codes } from '../writing/markdown.ts'

export interface EnvironmentManifest {
  path: string
  content: string
  /** The file of variables that other forms write. */
  replaces: string
  workload: { kind: string; name: string; container: string }
}

interface Written {
  name: string
  /** Those in the ConfigMap. */
  files: readonly RenderedFile[]
  environments: readonly EnvironmentManifest[]
  variables: readonly ExpectedVariable[]
}

export function registerForKubernetes(registration: readonly RenderedFile[], written: Written): RenderedFile[] {
  return registration.map((file) =>
    file.path === 'REGISTER.md' ? { ...file, content: registerText(file.content, written) } : file,
  )
}

function registerText(text: string, written: Written): string {
  // The title and who has written it.
  const end = text.indexOf('\n\n## ')
  return [text.slice(0, end), ...sections(written)].join('\n\n') + renamed(text.slice(end), written)
}

const heading = 'In Kubernetes'
const tablePhrase = `the list of Secrets under "${heading}"`

function sections({ name, files, environments, variables }: Written): string[] {
  const lines = [
    ...(files.length === 0
      ? []
      : [
          `\`kubectl apply -f configmap.yaml\` makes the ConfigMap ${mdCode(configMapName(name))}. Its keys are files that this page names (${codes(files.map(({ path }) => keyOf(path)))}): mount each where a step below puts it.`,
        ]),
    ...environments.map(environmentLine),
    ...secretLines(name, variables),
  ]
  return lines.length === 0 ? [] : [`## ${heading}`, bullets(lines)]
}

function environmentLine({ path, workload: { kind, name, container } }: EnvironmentManifest): string {
  const add = mdCode(`kubectl apply --server-side --field-manager=gatehouse -f ${path}`)
  return `${mdCode(path)} has the variables of the container, and no more of the workload than that. ${add} adds them to the ${kind} ${mdCode(name)} with the container ${mdCode(container)}. If yours has other names: with Kustomize it is a patch whose \`target\` is your workload; with Helm copy its list \`env\` into the values of the chart.`
}

function secretLines(product: string, variables: readonly ExpectedVariable[]): string[] {
  const secrets = Map.groupBy(variables, (variable) => secretKeyOf(product, variable).name)
  return [...secrets].map(([name, members]) => {
    const keys = members.map((variable) => {
      const { key } = secretKeyOf(product, variable)
      return `${mdCode(key)} for ${mdCode(variable.name)} (${variable.note.replace(/\.$/, '')})`
    })
    return `Secret ${mdCode(name)}: ${keys.join('; ')}. Create it, unless it exists; \`--with-secrets\` writes it as a manifest.`
  })
}

/** What other forms write, by what stands in its place. */
function renamed(text: string, { files, environments, variables }: Written): string {
  const inContainer = environments.map(({ path }) => path)
  const expected = inContainer.length > 0 ? codes(inContainer) : tablePhrase
  const literals = variables.map(({ name }) => `--from-literal=${name}="$${name}"`).join(' ')
  const replacements: [string, string][] = [
    [' (`set -a; . ./secrets.env`)', ''],
    ['--from-env-file=secrets.env', literals],
    ...environments.map(({ replaces, path }): [string, string] => [
      `${mdCode(replaces)} and of \`secrets.env.example\``,
      mdCode(path),
    ]),
    ['`secrets.env.example`', expected],
    ['`secrets.env`', tablePhrase],
    ...environments.map(({ replaces, path }): [string, string] => [mdCode(replaces), mdCode(path)]),
    ...files.map(({ path }): [string, string] => [mdCode(path), mdCode(keyOf(path))]),
  ]
  return replacements.reduce((changed, [from, to]) => changed.replaceAll(from, () => to), text)
}

export function configMapName(product: string): string {
  return `${product}-gatehouse`
}

/** A key of a ConfigMap has no slash. */
export function keyOf(path: string): string {
  return path.replaceAll('/', '-')
}
