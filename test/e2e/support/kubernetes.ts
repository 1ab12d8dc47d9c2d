import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { cached, run } from './cache.ts'
import { findGo } from './go.ts'
import { answers, type RunningProcess, startProcess } from './processes.ts'
import { tempFolder } from './temp.ts'

const VERSIONS = { kubernetes: '1.36.3', etcd: '3.6.16', kubelogin: '1.36.0' } as const
/** Milliseconds: the API server is half a million lines. */
const BUILD_LIMIT = 25 * 60_000

/** A real API server with its store: objects, validation, sign-in and RBAC. Nobody makes pods of Deployments. */
export interface KubernetesApi {
  /** https://127.0.0.1:<port> */
  url: string
  /** Of an administrator. */
  kubeconfigFile: string
  /** For PATH: kubectl, and its plugin kubelogin as `kubectl oidc-login`. */
  binFolder: string
  log(): string
  stop(): Promise<void>
}

/** Starts one that signs people in as the file says (`--authentication-config`), or none but the administrator. */
export async function startKubernetesApi({
  ports: [etcdPort, peerPort, port],
  authenticationConfigFile,
}: {
  ports: readonly [number, number, number]
  authenticationConfigFile?: string
}): Promise<KubernetesApi> {
  const binFolder = await installKubernetes()
  const folder = tempFolder('kubernetes')
  const etcd = await startEtcd({ binFolder, folder, etcdPort, peerPort })
  try {
    const api = await startApiServer({ binFolder, folder, etcdPort, port, authenticationConfigFile })
    const stop = async () => {
      await api.stop()
      await etcd.stop()
    }
    return {
      url: `https://127.0.0.1:${port}`,
      kubeconfigFile: writeKubeconfig(folder, port),
      binFolder,
      log: api.log,
      stop,
    }
  } catch (error) {
    await etcd.stop()
    throw error
  }
}

/** `kubectl` of the same release, `kubelogin` under the name that makes it a plugin, the API server and etcd, all built from their modules. */
function installKubernetes(): Promise<string> {
  const { kubernetes, etcd, kubelogin } = VERSIONS
  return cached(`kubernetes-${kubernetes}-${etcd}-${kubelogin}`, async (folder) => {
    const go = await findGo()
    const environment = { GOFLAGS: '-mod=mod', GOWORK: 'off', GONOSUMDB: 'github.com/int128/kubelogin' }
    const inModule = (args: readonly string[]) => run(go, args, { cwd: folder, env: environment, within: BUILD_LIMIT })
    writeFileSync(join(folder, 'go.mod'), `module kubernetestools\n\ngo 1.26.0\n`)
    const downloaded = await inModule(['mod', 'download', '-json', `k8s.io/kubernetes@v${kubernetes}`])
    const { Dir } = JSON.parse(downloaded) as { Dir: string }
    writeFileSync(join(folder, 'go.mod'), moduleFile(readFileSync(join(Dir, 'go.mod'), 'utf8')))
    writeFileSync(join(folder, 'tools.go'), toolsFile)
    await inModule(['mod', 'tidy', '-e'])
    const release = 'k8s.io/component-base/version'
    const [major, minor] = kubernetes.split('.')
    const says = `-X ${release}.gitVersion=v${kubernetes} -X ${release}.gitMajor=${major} -X ${release}.gitMinor=${minor}`
    for (const [name, command] of Object.entries(commands)) {
      await inModule(['build', '-o', name, '-ldflags', `-s -w ${says}`, command])
    }
  })
}

/** The name of each program, and where its module has it. */
const commands = {
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  etcd: 'go.etcd.io/etcd/server/v3',
  'kubectl-oidc_login': 'github.com/int128/kubelogin',
} as const

const toolsFile = `//go:build tools

package tools

import (
${Object.values(commands)
  .map((command) => `\t_ "${command}"\n`)
  .join('')})
`

/** Kubernetes keeps its parts beside itself, where no other module can reach them: each is released as v0.<minor> as well. */
function moduleFile(ofKubernetes: string): string {
  const { kubernetes, etcd, kubelogin } = VERSIONS
  const staging = [...ofKubernetes.matchAll(/^\t(k8s\.io\/[a-z0-9-]+) => \.\/staging/gm)].map(([, name = '']) => name)
  if (staging.length === 0) throw new Error(`k8s.io/kubernetes ${kubernetes} keeps its parts elsewhere now`)
  const version = kubernetes.replace(/^1\./, '0.')
  return `module kubernetestools

go 1.26.0

require (
\tk8s.io/kubernetes v${kubernetes}
\tgo.etcd.io/etcd/server/v3 v${etcd}
\tgithub.com/int128/kubelogin v${kubelogin}
)

replace (
${staging.map((name) => `\t${name} => ${name} v${version}\n`).join('')})
`
}

interface Place {
  binFolder: string
  folder: string
  etcdPort: number
}

function startEtcd({ binFolder, folder, etcdPort, peerPort }: Place & { peerPort: number }): Promise<RunningProcess> {
  const [client, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${peerPort}`]
  return startProcess({
    name: 'etcd',
    command: join(binFolder, 'etcd'),
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
    ],
    ready: () => answers(`${client}/health`),
    within: 30_000,
  })
}

const administrator = 'administrator-of-this-run'

async function startApiServer({
  binFolder,
  folder,
  etcdPort,
  port,
  authenticationConfigFile,
}: Place & { port: number; authenticationConfigFile: string | undefined }): Promise<RunningProcess> {
  const [keyFile, tokensFile] = [join(folder, 'service-accounts.pem'), join(folder, 'tokens.csv')]
  await run('openssl', ['genrsa', '-out', keyFile, '2048'])
  writeFileSync(tokensFile, `${administrator},admin,1,"system:masters"\n`, { mode: 0o600 })
  return startProcess({
    name: 'kube-apiserver',
    command: join(binFolder, 'kube-apiserver'),
    args: [
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      `--service-account-issuer=https://127.0.0.1:${port}`,
      `--service-account-key-file=${keyFile}`,
      `--service-account-signing-key-file=${keyFile}`,
      `--token-auth-file=${tokensFile}`,
      '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
      ...(authenticationConfigFile === undefined ? [] : [`--authentication-config=${authenticationConfigFile}`]),
    ],
    ready: () => isReady(port),
    within: 120_000,
  })
}

function isReady(port: number): Promise<boolean> {
  const agent = new Agent({ rejectUnauthorized: false })
  const headers = { authorization: `Bearer ${administrator}` }
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/readyz', headers, agent, timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('timeout', () => reject(new Error('no answer')))
      .on('error', reject)
      .end()
  })
}

function writeKubeconfig(folder: string, port: number): string {
  const file = join(folder, 'kubeconfig')
  const certificate = join(folder, 'certificates/apiserver.crt')
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'here', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': certificate } },
    ],
    users: [{ name: 'admin', user: { token: administrator } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'admin' } }],
    'current-context': 'here',
  })
  writeFileSync(file, text, { mode: 0o600 })
  return file
}
