/** A product as manifests of Kubernetes: each is an object with apiVersion and kind, but for values of Helm charts. */
import { type EnvEntry, writeYaml, writeYamlDocuments, type YamlValue } from '../../formats.ts'
import type { ExpectedVariable, RenderedFile } from '../contract.ts'
import type { RenderedProduct } from '../render-product.ts'
import { secretKeyOf } from '../writing/kubernetes-secret.ts'
import { type Environment, environmentsOf, type OutputFile, type Reveal } from './output-file.ts'
import { configMapName, type EnvironmentManifest, keyOf, registerForKubernetes } from './register-for-kubernetes.ts'

/** With `reveal`, also the Secrets with their values. */
export function manifestsOf(rendered: RenderedProduct, reveal: Reveal | undefined): OutputFile[] {
  const { name, files = [], registration, variables } = rendered
  const plain = files.filter((file) => file.variables === undefined && !file.manifest)
  const environments = environmentManifests(rendered)
  const configMap = plain.length > 0 ? configMapOf(name, plain) : undefined
  return [
    ...files.filter(({ manifest }) => manifest),
    ...(configMap ? [configMap] : []),
    ...environments.map(({ path, content }) => ({ path, content })),
    ...(reveal && variables.length > 0 ? [secretManifests(name, variables, reveal)] : []),
    ...registerForKubernetes(registration, { name, files: plain, environments, variables }),
  ]
}

function configMapOf(name: string, files: readonly RenderedFile[]): OutputFile {
  return {
    path: 'configmap.yaml',
    content: writeYaml(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: configMapName(name), labels: { 'app.kubernetes.io/instance': name } },
        data: Object.fromEntries(files.map(({ path, content }) => [keyOf(path), content])),
      },
      { comment: 'Written by `gatehouse render`: mount the keys where REGISTER.md puts the files of the same names.' },
    ),
  }
}

function environmentManifests({ name, kind, files = [], variables }: RenderedProduct): EnvironmentManifest[] {
  // A product that reads its Secret itself has no variables.
  const inContainer = variables.filter(({ readInSecret }) => readInSecret === undefined)
  const environments = environmentsOf(name, files).filter(({ entries }) => entries.length + inContainer.length > 0)
  return environments.map((environment) => {
    const workload = environments.length > 1 ? `${name}-${stemOf(environment)}` : name
    const container = environments.length > 1 ? stemOf(environment) : name
    const env = [...environment.entries.map(plainVariable), ...secretReferences(name, inContainer)]
    return {
      path: `${stemOf(environment)}-env.yaml`,
      replaces: environment.path,
      workload: { kind: workloads[kind] ?? 'Deployment', name: workload, container },
      content: writeYaml(
        {
          apiVersion: 'apps/v1',
          kind: workloads[kind] ?? 'Deployment',
          metadata: { name: workload },
          spec: { template: { spec: { containers: [{ name: container, env }] } } },
        },
        {
          comment:
            'Written by `gatehouse render`: the variables of the product, as a part of its workload and nothing else of it. REGISTER.md says\nhow to add them with kubectl, Kustomize or Helm.',
        },
      ),
    }
  })
}

/** Products that usually are no Deployment. */
const workloads: Readonly<Partial<Record<RenderedProduct['kind'], 'StatefulSet'>>> = {
  kafka: 'StatefulSet',
  minio: 'StatefulSet',
  nifi: 'StatefulSet',
  opensearch: 'StatefulSet',
}

function stemOf({ path }: Pick<Environment, 'path'>): string {
  return path.replace(/\.env$/, '')
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
