/** A real API server of Kubernetes: people sign in to it as its guide says, and every kubectl line of the guides is run against it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAllDocuments, stringify } from 'yaml'
import { type Gatehouse, mainFile, startGatehouse } from '../support/gatehouse.ts'
import { shellBlocks } from '../support/shell-blocks.ts'
import { repositoryRoot } from './support/cache.ts'
import { importPages } from './support/import-pages.ts'
import { type KubernetesApi, startKubernetesApi } from './support/kubernetes.ts'
import { startNginx } from './support/nginx.ts'
import { freePort } from './support/ports.ts'
import type { RunningProcess } from './support/processes.ts'
import { browserOf } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'

interface Ran {
  status: number
  output: string
}

let api: KubernetesApi
let gatehouse: Gatehouse
let proxy: RunningProcess
/** What the guide has written: /etc/kubernetes, and the home of whoever reads it. */
const [control, home, guideFolder] = [tempFolder('control'), tempFolder('home'), tempFolder('guide')]
const password = 'correct horse battery staple'
let env: Record<string, string>

const page = 'docs/guides/products/kubernetes.md'
const guide = readFileSync(join(repositoryRoot, page), 'utf8')
const blocks = shellBlocks(guide).map(({ text }) => text)

before(async () => {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const issuer = `https://localhost:${tlsPort}/realms/data`
  const { certFile, keyFile } = await selfSignedCertificate(tempFolder('certificate'))
  proxy = await startNginx(`server {
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    location / {
      proxy_pass http://127.0.0.1:${port};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
    }
  }`)
  gatehouse = await startGatehouse({
    port,
    config: () => `issuer: ${issuer}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
login: [{ local: {} }]
teams: { analysts: {}, data-admins: {} }
products:
  kubernetes:
    product: oidc
    url: http://localhost:8000
    redirectUris: [http://localhost:8000, http://localhost:18000]
    authentication: [{ authenticationClass: gatehouse }]
`,
  })
  await gatehouse.addUser('alice', password, ['--team', 'data-admins'])
  await gatehouse.addUser('bob', password, ['--team', 'analysts'])
  const { stdout: secret } = await gatehouse.cli(['clients', 'secret', 'kubernetes'])
  await prepareGuide({ issuer, certFile, secret: secret.trim() })
  api = await startKubernetesApi({
    ports: [await freePort(), await freePort(), await freePort()],
    authenticationConfigFile: join(control, 'authentication-config.yaml'),
  })
  mkdirSync(join(home, '.kube'))
  copyFileSync(api.kubeconfigFile, join(home, '.kube/config'))
  env = { ...env, PATH: `${join(guideFolder, 'bin')}:${api.binFolder}:${process.env['PATH']}` }
})

after(async () => {
  await api?.stop()
  await gatehouse?.stop()
  await proxy?.stop()
})

/** Does what the guide says until the API server starts, with the provider of this run in the place of its Keycloak. */
async function prepareGuide({ issuer, certFile, secret }: { issuer: string; certFile: string; secret: string }) {
  const { hostname, port } = new URL(issuer)
  const [, written = ''] = /```yaml\n(authenticationClasses:.*?)```/s.exec(guide) ?? []
  const configuration = written
    .replace(/hostname: .*\n/, `hostname: ${hostname}\n      port: ${port}\n`)
    .replace(/ +providerHint: .*\n/, '')
    .replace('webPki: {}', 'secretClass: keycloak-ca')
  writeFileSync(
    join(guideFolder, 'gatehouse.yaml'),
    `${configuration}  keycloak-ca: { "ca.crt": "\${file:${certFile}}" }\n`,
  )
  mkdirSync(join(guideFolder, 'bin'))
  writeCommand('gatehouse', `exec '${process.execPath}' '${mainFile}' "$@"`)
  // The browser of whoever signs in: it only says what it is to open.
  writeCommand('xdg-open', `printf '%s' "$1" > '${join(home, 'opened')}'`)
  env = {
    HOME: home,
    KEYCLOAK_CLIENT_SECRET: secret,
    SSL_CERT_FILE: certFile,
    PATH: `${join(guideFolder, 'bin')}:${process.env['PATH']}`,
  }
  await succeeds('gatehouse render -f gatehouse.yaml', guideFolder)
  const inside = join(guideFolder, 'rendered/kubernetes')
  copyFileSync(certFile, join(inside, 'ca.crt'))
  for (const block of blocks.filter((text) => text.includes('/etc/kubernetes')))
    await succeeds(block.replaceAll('/etc/kubernetes', control), guideFolder, inside)
}

function writeCommand(name: string, line: string): void {
  writeFileSync(join(guideFolder, 'bin', name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
}

function inShell(script: string, cwd: string, more: Record<string, string> = {}): Promise<Ran> {
  const { KUBECONFIG: _, ...inherited } = process.env
  return new Promise((resolve) => {
    const options = { cwd, env: { ...inherited, KUBECONFIG: api?.kubeconfigFile, ...env, ...more }, timeout: 60_000 }
    execFile('sh', ['-c', script], options, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr })
    })
  })
}

/** A block that begins with `cd` starts where the reader is; others where the block before them has ended. */
async function succeeds(script: string, cwd: string, inside = cwd, more: Record<string, string> = {}): Promise<string> {
  const { status, output } = await inShell(script, script.startsWith('cd ') ? cwd : inside, more)
  assert.equal(status, 0, `${script}\n${output}`)
  return output
}

/** Who is known to `kubectl`, and what that person may do, each with a home of their own. */
function personWith(ownHome: string, inside: string) {
  const kubeconfig = `${join(ownHome, '.kube/config')}:${join(inside, 'kubeconfig.yaml')}`
  const run = (line: string) => inShell(line, inside, { HOME: ownHome, KUBECONFIG: kubeconfig })
  return { run, may: async (what: string) => (await run(`kubectl auth can-i ${what}`)).status === 0 }
}

describe(`${page}:`, () => {
  test('the roles and the kubeconfig are put in place, and a person signs in and may do what the roles say', async (t) => {
    const inside = join(guideFolder, 'rendered/kubernetes')
    const [roles = '', look = ''] = blocks.filter((text) => /^kubectl /m.test(text))
    const script = `${roles}\n${look.trim()} -o json`
    const signIn = async (username: string) => {
      const browser = browserOf(t, { insecureOrigins: [new URL(gatehouse.url).origin] })
      const file = join(home, 'opened')
      for (let waited = 0; waited < 30_000 && !existsSync(file); waited += 100) await sleep(100)
      const form = await browser.open(readFileSync(file, 'utf8'))
      rmSync(file)
      await browser.submitForm(form, { username, password })
    }
    const homeOfBob = tempFolder('bob')
    mkdirSync(join(homeOfBob, '.kube'))
    copyFileSync(api.kubeconfigFile, join(homeOfBob, '.kube/config'))
    const ofBob = { HOME: homeOfBob }

    const [ofAlice] = await Promise.all([succeeds(script, guideFolder, inside), signIn('alice')])
    const [asBob] = await Promise.all([succeeds(script, guideFolder, inside, ofBob), signIn('bob')])
    const [alice, bob] = [personWith(home, inside), personWith(homeOfBob, inside)]

    assert.match(ofAlice, /"username": "alice"/)
    assert.match(ofAlice, /"data-admins"/)
    assert.match(asBob, /"username": "bob"/)
    assert.ok(await alice.may('create clusterroles'), 'data-admins: cluster-admin')
    assert.ok(!(await bob.may('create clusterroles')), 'analysts: view, edit')
    assert.match((await bob.run('kubectl get clusterroles')).output, /forbidden.*User "bob"/)
  })

  test('a token for another client, or of another key, is nobody', async () => {
    const other = ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln', 'invented']
    for (const token of other) {
      const { status, output } = await inShell(
        `kubectl --kubeconfig /dev/null --server ${api.url} --insecure-skip-tls-verify --token ${token} auth whoami`,
        home,
      )

      assert.notEqual(status, 0)
      assert.match(output, /Unauthorized|must be logged in/)
    }
  })
})

/** What a page takes for given, and the lines of it that cannot be run here. */
interface Given {
  namespaces?: readonly string[]
  configMaps?: readonly string[]
  deployments?: readonly string[]
  /** Kinds of others' operators: `group/version/Kind`. */
  kinds?: readonly string[]
  files?: Readonly<Record<string, string>>
  env?: Readonly<Record<string, string>>
  /** Parts of lines, with the reason. */
  not?: Readonly<Record<string, string>>
}

const stackable = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: keycloak }
spec: { provider: { oidc: { hostname: sso.example.com, rootPath: /realms/data, principalClaim: preferred_username, scopes: [openid], providerHint: Keycloak, tls: { verification: { server: { caCert: { webPki: {} } } } } } } }
`
const ofStackable = [
  'authentication.stackable.tech/v1alpha1/AuthenticationClass',
  'trino.stackable.tech/v1alpha1/TrinoCluster',
  'superset.stackable.tech/v1alpha1/SupersetCluster',
]
const pages: Readonly<Record<string, Given>> = {
  'docs/guides/products/amundsen.md': {
    deployments: ['default/amundsen-frontend'],
    files: { 'secrets.env': 'FLASK_OIDC_CLIENT_SECRET=of-this-run\n' },
  },
  'docs/guides/products/argo-cd.md': {
    namespaces: ['argocd'],
    configMaps: ['argocd/argocd-cm', 'argocd/argocd-rbac-cm'],
  },
  'docs/guides/products/argo-workflows.md': {
    namespaces: ['argo'],
    configMaps: ['argo/workflow-controller-configmap'],
    deployments: ['argo/argo-server'],
  },
  'docs/guides/products/astronomer.md': {
    namespaces: ['astronomer'],
    env: { MICROSOFT_CLIENT_SECRET: 'of-this-run' },
    not: { 'helm upgrade': 'the chart is in no registry that a test can reach' },
  },
  'docs/guides/products/kubeflow.md': {
    namespaces: ['auth', 'oauth2-proxy', 'istio-system', 'kubeflow'],
    deployments: ['auth/dex', 'oauth2-proxy/oauth2-proxy'],
    kinds: ['security.istio.io/v1beta1/AuthorizationPolicy', 'security.istio.io/v1beta1/RequestAuthentication'],
  },
  'docs/guides/install.md': {
    not: { 'rollout status': 'nobody makes pods here: the next test asks for one', 'exec deployment/': 'the same' },
  },
  'docs/guides/import.md': { kinds: ofStackable, files: { 'applied.yaml': stackable } },
  'docs/guides/render.md': {
    namespaces: ['data'],
    kinds: ofStackable,
    files: { 'applied.yaml': stackable },
    configMaps: ['default/lake'],
  },
}

/** The pages about importing: what they ask the cluster for is in it. */
const aboutImporting: readonly [page: string, given: Given][] = Object.entries(importPages).map(([name, found]) => [
  `docs/guides/import/${name}.md`,
  {
    namespaces: ['argocd', 'auth'],
    kinds: ofStackable,
    files: { ...found.files, 'applied.yaml': Object.values(found.objects).join('---\n') || stackable },
  },
])

describe('the kubectl lines of', () => {
  for (const [file, given] of [...Object.entries(pages), ...aboutImporting]) {
    test(`${file} are taken by the API server`, async () => {
      const text = readFileSync(join(repositoryRoot, file), 'utf8')
      const folder = tempFolder('page')
      const own = await namespaceFor(file, folder)
      await prepare(folder, { text, given, own })
      const around = { KUBECONFIG: join(folder, 'kubeconfig'), ...given.env }

      for (const block of shellBlocks(text).map((shell) => shell.text)) {
        if (!/^kubectl /m.test(block)) continue
        const lines = block
          .split('\n')
          .filter((line) => !Object.keys(given.not ?? {}).some((part) => line.includes(part)))
        const mayDiffer = block.includes('--diff') ? '|| [ $? = 1 ]' : ''
        await succeeds(`${lines.join('\n').trim()} ${mayDiffer}`, folder, folder, around)
      }
    })
  }

  test('no page are left out', () => {
    const all = globSync('docs/guides/**/*.md', { cwd: repositoryRoot })
    const withLines = all.filter((file) =>
      shellBlocks(readFileSync(join(repositoryRoot, file), 'utf8')).some((block) => /^kubectl /m.test(block.text)),
    )

    assert.deepEqual(withLines.sort(), [...Object.keys(pages), ...aboutImporting.map(([file]) => file), page].sort())
  })
})

test('a pod of deploy/kubernetes is admitted under the restricted standard of its namespace', async () => {
  const text = readFileSync(join(repositoryRoot, 'deploy/kubernetes/deployment.yaml'), 'utf8')
  const [document] = parseAllDocuments(text)
  const { spec } = (document?.toJS() ?? {}) as { spec: { template: { spec: object } } }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried' }, spec: spec.template.spec }
  const folder = tempFolder('pod')
  writeFileSync(join(folder, 'pod.json'), JSON.stringify(pod))
  const open = { ...pod, metadata: { name: 'open' }, spec: { containers: [{ name: 'open', image: 'open' }] } }
  writeFileSync(join(folder, 'open.json'), JSON.stringify(open))

  await succeeds('kubectl -n gatehouse create -f pod.json', folder)
  const refused = await inShell('kubectl -n gatehouse create -f open.json', folder)

  assert.match(refused.output, /violates PodSecurity "restricted/)
})

/** Each page has a namespace for what it does not put elsewhere, so that it sees nothing of the others. */
async function namespaceFor(file: string, folder: string): Promise<string> {
  const own = file.replace(/\.md$/, '').replace(/[^a-z0-9]+/g, '-')
  const kubeconfig = readFileSync(api.kubeconfigFile, 'utf8')
  writeFileSync(
    join(folder, 'kubeconfig'),
    kubeconfig.replace(/^( +)cluster: here$/m, `$1cluster: here\n$1namespace: ${own}`),
  )
  await succeeds(`kubectl create namespace ${own}`, folder)
  return own
}

/** The folder gets the configuration of the page, rendered, and the cluster what the page takes for given. */
async function prepare(
  folder: string,
  { text, given, own }: { text: string; given: Given; own: string },
): Promise<void> {
  const around = { KUBECONFIG: join(folder, 'kubeconfig') }
  symlinkSync(join(repositoryRoot, 'deploy'), join(folder, 'deploy'))
  for (const [name, content] of Object.entries(given.files ?? {}))
    writeFileSync(join(folder, name), content.replaceAll('namespace: default', `namespace: ${own}`))
  const objects = [
    ...(given.namespaces ?? []).map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...(given.kinds ?? []).map(definitionOf),
    ...(given.configMaps ?? []).map((place) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: placed(place, own),
      data: { 'config.properties': 'a=b' },
    })),
    ...(given.deployments ?? []).map((place) => deploymentAt(place, own)),
  ]
  writeFileSync(join(folder, 'given.yaml'), objects.map((object) => `---\n${stringify(object)}`).join(''))
  if (objects.length > 0) await succeeds('kubectl apply -f given.yaml', folder, folder, around)
  if (given.kinds) await succeeds(`kubectl wait --for=condition=Established --timeout=30s crd --all`, folder)
  if (existsSync(join(folder, 'applied.yaml'))) await succeeds('kubectl apply -f applied.yaml', folder, folder, around)
  const configuration = [...text.matchAll(/```yaml\n(.*?)```\n/gs)]
    .map(([, block = '']) => block)
    .find((block) => /^products:/m.test(block) && /^(?:authenticationClasses|issuer):/m.test(block))
  if (text.startsWith('# Importing')) return
  writeFileSync(join(folder, 'gatehouse.yaml'), configuration ?? ofLake)
  await succeeds('gatehouse render -f gatehouse.yaml', folder)
}

const ofLake = `issuer: http://localhost:9
products:
  lake: { product: trino, url: https://lake.example.com, authentication: [{ authenticationClass: gatehouse }] }
`

function placed(place: string, own: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = place.split('/')
  return { namespace: namespace === 'default' ? own : namespace, name }
}

function deploymentAt(place: string, own: string): object {
  const labels = { app: placed(place, own).name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: placed(place, own),
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app' }] } },
    },
  }
}

/** A kind that takes any content: what is in it is for the operator that brings it. */
function definitionOf(kind: string): object {
  const [group = '', version = '', name = ''] = kind.split('/')
  const plural = name.endsWith('y') ? `${name.slice(0, -1)}ies` : name.endsWith('s') ? `${name}es` : `${name}s`
  const names = { kind: name, plural: plural.toLowerCase(), singular: name.toLowerCase() }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}` },
    spec: {
      group,
      scope: name === 'AuthenticationClass' ? 'Cluster' : 'Namespaced',
      names,
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  }
}
