/** The files of deploy/ agree with each other, with the package and with what the server needs. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../src/config/load.ts'
import { serverProblems } from '../src/config/server-problems.ts'
import { trustedProxies } from '../src/gate/trusted-proxies.ts'
import { isIgnored, lastOf, parseDockerfile } from './e2e/support/dockerfile.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const { version, devDependencies } = JSON.parse(read('package.json')) as {
  version: string
  devDependencies: Record<string, string>
}
const stages = parseDockerfile(read('deploy/Dockerfile'))
const image = stages.at(-1)
assert.ok(image)
const unit = read('deploy/systemd/gatehouse.service')

/** Seconds after SIGTERM within which what is under way may end: the default of the reference, or of the server before it could be told. */
const drainDeadline = Number(
  /`listen\.drainDeadline`[^|]*\|[^|]*\| `"(\d+)s"`/.exec(read('docs/reference/config.md'))?.[1] ?? 25,
)

/** What `check` says about a configuration: problems of both severities. */
function problemsOf(text: string): string[] {
  const { config, problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: root }, {})
  return [...problems, ...(config ? serverProblems(config) : [])].map(({ message }) => message)
}

interface Compose {
  services: {
    gatehouse: {
      image: string
      ports: string[]
      volumes: string[]
      stop_grace_period: string
      read_only: boolean
      tmpfs: string[]
      cap_drop: string[]
    }
  }
  networks: { front: { ipam: { config: [{ gateway: string }] } } }
}

describe('the Dockerfile', () => {
  it('stands on the Node.js that everything is tested with, pinned', () => {
    for (const { from } of stages) assert.match(from, new RegExp(`^node:${devDependencies['node']}-bookworm-slim$`))
  })

  it('ends as an account that is not root, by its number, with a check of its health, a volume and the signal that ends it', () => {
    assert.match(lastOf(image, 'USER') ?? '', /^[1-9]\d*:[1-9]\d*$/)
    assert.match(lastOf(image, 'HEALTHCHECK') ?? '', /127\.0\.0\.1:8080\/healthz/)
    assert.equal(lastOf(image, 'VOLUME'), '/var/lib/gatehouse')
    assert.equal(lastOf(image, 'EXPOSE'), '8080')
    assert.equal(lastOf(image, 'STOPSIGNAL'), 'SIGTERM')
  })

  it('is built from the sources and the files of the package, without state, secrets and tests', () => {
    const rules = read('.dockerignore')
    const kept = (file: string) => !isIgnored(rules, file)

    for (const file of [
      'package.json',
      'package-lock.json',
      '.npmrc',
      'README.md',
      'src/cli/main.ts',
      'bin/gatehouse.cjs',
      'scripts/build.ts',
      'docs/guides/install.md',
      'schema/config.schema.json',
      'deploy/compose.yaml',
      'examples/quickstart/gatehouse.yaml',
    ])
      assert.ok(kept(file), file)
    for (const file of [
      '.git/config',
      'node_modules/zod/index.js',
      'gatehouse.yaml',
      'gatehouse.db',
      'gatehouse.db.key',
      '.env',
      'deploy/secrets.env',
      'examples/quickstart/state/admin-password',
      'src/cli/init.test.ts',
      'test/cli.test.ts',
      'dist/main.js',
      '.cache/x',
    ])
      assert.ok(!kept(file), file)
  })
})

describe('compose.yaml', () => {
  const { services, networks } = parse(read('deploy/compose.yaml')) as Compose
  const { gatehouse } = services

  it('runs the image of this version, on loopback, with a read-only root', () => {
    assert.equal(gatehouse.image, `gatehouse:${version}`)
    assert.deepEqual(gatehouse.ports, ['127.0.0.1:8080:8080'])
    assert.deepEqual([gatehouse.read_only, gatehouse.tmpfs, gatehouse.cap_drop], [true, ['/tmp'], ['ALL']])
    assert.ok(gatehouse.volumes.includes(`state:${lastOf(image, 'VOLUME')}`))
  })

  it('mounts a configuration that check finds fine, which trusts the address from which the proxy of the machine comes', () => {
    const text = read('deploy/container/gatehouse.yaml')
    const { config } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: root }, {})
    const [{ gateway }] = networks.front.ipam.config

    assert.ok(gatehouse.volumes.includes('./container:/etc/gatehouse:ro'))
    assert.deepEqual(problemsOf(text), [])
    assert.ok(config)
    assert.equal(config.store, `sqlite:${lastOf(image, 'VOLUME')}/gatehouse.db`)
    const proxies = trustedProxies(config.listen.trustedProxies)
    assert.ok(proxies.trusts({ remoteAddress: gateway } as never))
    assert.ok(!proxies.trusts({ remoteAddress: '172.31.0.1' } as never))
  })
})

describe('the manifests for Kubernetes', () => {
  interface Manifest {
    kind: string
    metadata: { name: string }
    data: Record<string, string>
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: number
          automountServiceAccountToken: boolean
          securityContext: { runAsNonRoot: boolean; runAsUser: number }
          containers: [
            {
              image: string
              securityContext: object
              ports: [{ name: string; containerPort: number }]
              volumeMounts: { name: string; mountPath: string }[]
            } & Record<`${'startup' | 'liveness' | 'readiness'}Probe`, { httpGet: { path: string; port: string } }>,
          ]
          volumes: ({ name: string } & Record<string, { name?: string; claimName?: string }>)[]
        }
      }
      ports: [{ port: number; targetPort: string }]
      rules: { host: string }[]
    }
  }
  const manifests = globSync('deploy/kubernetes/*.yaml', { cwd: root }).flatMap((file) =>
    parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest),
  )
  const one = (kind: string): Manifest => {
    const found = manifests.find((manifest) => manifest.kind === kind)
    assert.ok(found, kind)
    return found
  }
  const pod = one('Deployment').spec.template.spec
  const [container] = pod.containers

  it('are all listed in kustomization.yaml', () => {
    const { resources } = parse(read('deploy/kubernetes/kustomization.yaml')) as { resources: string[] }
    const files = globSync('*.yaml', { cwd: join(root, 'deploy/kubernetes') }).filter(
      (file) => file !== 'kustomization.yaml',
    )

    assert.deepEqual(resources.toSorted(), files.toSorted())
  })

  it('hold a configuration that check finds fine, with the store on the volume', () => {
    const text = one('ConfigMap').data['gatehouse.yaml'] ?? ''
    const { config } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: root }, {})

    assert.deepEqual(problemsOf(text), [])
    assert.equal(config?.store, 'sqlite:/var/lib/gatehouse/gatehouse.db')
    assert.equal(config.listen.internalUrl, 'http://gatehouse.gatehouse.svc:8080')
    assert.equal(new URL(config.issuer ?? '').hostname, one('Ingress').spec.rules[0]?.host)
  })

  it('run the image of this version as its user, without rights, and ask for its health and its readiness', () => {
    assert.equal(container.image, `gatehouse:${version}`)
    assert.equal(`${pod.securityContext.runAsUser}:1000`, lastOf(image, 'USER'))
    assert.equal(pod.automountServiceAccountToken, false)
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    assert.equal(container.livenessProbe.httpGet.path, '/healthz')
    assert.equal(container.readinessProbe.httpGet.path, '/readyz')
    assert.equal(container.ports[0].containerPort, Number(lastOf(image, 'EXPOSE')))
  })

  it('mount what they name', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata?.name}`)

    assert.deepEqual(container.volumeMounts.map(({ name }) => name).sort(), pod.volumes.map(({ name }) => name).sort())
    for (const { configMap, persistentVolumeClaim } of pod.volumes) {
      if (configMap) assert.ok(names.includes(`ConfigMap/${configMap.name}`))
      if (persistentVolumeClaim) assert.ok(names.includes(`PersistentVolumeClaim/${persistentVolumeClaim.claimName}`))
    }
    assert.equal(one('Service').spec.ports[0].targetPort, container.ports[0].name)
  })
})

describe('every supervisor', () => {
  it('waits longer for the end than the server may take', () => {
    const waits = {
      systemd: Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]),
      compose: Number.parseInt(
        (parse(read('deploy/compose.yaml')) as Compose).services.gatehouse.stop_grace_period,
        10,
      ),
      kubernetes: Number(/terminationGracePeriodSeconds: (\d+)/.exec(read('deploy/kubernetes/deployment.yaml'))?.[1]),
    }

    for (const [name, seconds] of Object.entries(waits))
      assert.ok(seconds >= drainDeadline + 10, `${name} waits ${seconds} s`)
  })

  it('reloads by SIGHUP and ends by SIGTERM under systemd', () => {
    assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m)
    assert.match(unit, /^KillSignal=SIGTERM$/m)
  })
})
