/** Installing it: every command of the guide on a throwaway machine (systemd, nginx, Node.js 18 to 24), and the image's files on a read-only root. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { shellBlocks } from '../support/shell-blocks.ts'
import { ensureCommand } from './support/apt.ts'
import { repositoryRoot, run } from './support/cache.ts'
import { buildImage, copyContext, lastOf, parseDockerfile } from './support/dockerfile.ts'
import {
  asUser,
  type Ended,
  type InMachineOptions,
  type Machine,
  startContainer,
  startSystemd,
} from './support/machine.ts'
import { oldNode } from './support/old-node.ts'
import { tempFolder } from './support/temp.ts'

const tarball = 'gatehouse-id-gatehouse-0.1.0.tgz'
const guide = readFileSync(join(repositoryRoot, 'docs/guides/install.md'), 'utf8')
const node24 = process.execPath
/** What the repository holds, without what others have left in the folder. */
let files: string[]
let machine: Machine
const stops: (() => Promise<void>)[] = []

interface GuideBlock {
  place: string
  text: string
}

/** The blocks for a shell of the guide, each with the place that the comment above it names. */
function guideBlocks(): GuideBlock[] {
  const places = [...guide.matchAll(/^<!-- in: ([^\n]*) -->\n```sh\n(.*?)^```$/gms)]
  return places.map(([, place = '', text = '']) => ({ place, text }))
}

function blockWith(words: string): string {
  const block = guideBlocks().find(({ text }) => text.includes(words))
  assert.ok(block, `the guide has a block with ${words}`)
  return block.text
}

async function works(script: string, options: InMachineOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await machine.run(script, options)
  assert.equal(status, 0, `${script}\n${stdout}\n${stderr}`)
  return stdout
}

/** npm needs the network of the real machine, everything else the loopback of the copy. */
async function follow(block: string, options: InMachineOptions = {}): Promise<string> {
  const network = /^\s*npm (?:ci|install|rebuild|pack)/m.test(block) ? 'outside' : 'own'
  return works(block, { network, within: 300_000, ...options })
}

before(async () => {
  await Promise.all([
    ensureCommand('nginx', ['nginx']),
    ensureCommand('curl', ['curl']),
    ensureCommand('openssl', ['openssl']),
  ])
  files = (await run('git', ['ls-files', '-z'], { cwd: repositoryRoot })).split('\0').filter(Boolean)
  machine = await startSystemd()
  stops.push(() => machine.stop())
  const archive = execFileSync('tar', ['-C', repositoryRoot, '--null', '-cf', '-', '-T', '-'], {
    input: files.join('\0'),
    maxBuffer: 2 ** 28,
  })
  await works('mkdir gatehouse hardened && tee >(tar -C hardened -xf -) | tar -C gatehouse -xf -', { input: archive })
  // As those of Debian and Ubuntu, its own Node.js is an old one.
  const old = readFileSync(join(await oldNode('20'), 'node_modules/node/bin/node'))
  await works('rm -f /usr/bin/node && cat > /usr/local/bin/node && chmod 0755 /usr/local/bin/node', { input: old })
})
after(async () => {
  for (const stop of stops) await stop()
})

describe('a checkout on a machine with Node.js 20', () => {
  it('installs, is packed, and runs all its scripts with the Node.js that comes with it', async () => {
    await follow(blockWith('npm pack'), { cwd: '/root/gatehouse' })

    assert.match(await works('node --version'), /^v20\./)
    assert.match(await works('npm run -s gatehouse -- --version', { cwd: '/root/gatehouse' }), /^\d+\.\d+\.\d+$/m)
    assert.match(await works('npm test -- test/commands-named.test.ts', { cwd: '/root/gatehouse' }), /ℹ fail 0/)
    assert.match(await works('npm run e2e || [ $? = 2 ]', { cwd: '/root/gatehouse' }), /install/)
  })

  it('starts the quickstart of the README: npm start', async () => {
    await works(
      `systemd-run --quiet --unit=quickstart -E HOME -E PATH -p WorkingDirectory=/root/gatehouse -p StandardOutput=file:/root/start.log -p StandardError=file:/root/start.log npm start`,
    )
    await works(
      'for n in $(seq 100); do grep -q "Stop with" start.log && exit 0; sleep 0.2; done; cat start.log; exit 1',
    )

    assert.equal(await works('curl -sS -o /dev/null -w "%{http_code}" http://demo.localhost:8080/healthcheck'), '200')
    await works('systemctl stop quickstart')
  })

  it('says which command mends an installation without scripts, for every script, and that command does', async () => {
    const cwd = '/root/hardened'
    const without = await machine.run('npm run -s start', { cwd })
    await works('npm ci --ignore-scripts --no-audit --no-fund', { cwd, network: 'outside' })

    assert.equal(without.status, 2)
    assert.equal(without.stderr, 'The packages that Gatehouse is made of are not here: run `npm ci` first.\n')
    for (const script of [
      'start',
      'test',
      'check',
      'build',
      'e2e -- package',
      'gatehouse -- explain issuer-mismatch',
    ]) {
      const { status, stderr } = await machine.run(`npm run -s ${script}`, { cwd })

      assert.equal(status, 2, script)
      assert.match(
        stderr,
        /^Gatehouse needs Node\.js 24 or newer, and this is v20\.\S+ \(.*\): run `npm rebuild node --ignore-scripts=false`, .*\n$/,
        script,
      )
    }
    await works('npm rebuild node --ignore-scripts=false', { cwd, network: 'outside' })
    assert.match(await works('npm run -s gatehouse -- --version', { cwd }), /^\d/)
  })
})

describe('the package', () => {
  it('is installed in a new folder as the guide says, and serves at once what init has written', async () => {
    await works(
      `mkdir -p /root/try && cp /root/gatehouse/${tarball} /root/try/ && cp /root/gatehouse/${tarball} /root/`,
    )
    const said = await follow(blockWith('init --provider local\n'), { cwd: '/root/try', network: 'outside' })

    assert.match(said, /Wrote gatehouse\.yaml, and gatehouse\.schema\.json beside it/)
    assert.match(said, /gatehouse\.yaml: fine/)
    await works(
      'systemd-run --quiet --unit=try -E HOME -E PATH -p WorkingDirectory=/root/try -p StandardOutput=file:/root/try/log /root/try/node_modules/.bin/gatehouse serve',
    )
    await works('curl -fsS --retry 20 --retry-delay 1 --retry-connrefused http://localhost:8080/readyz')
    const log = await works('cat log', { cwd: '/root/try' })
    const link = /administrator: (http:\/\/localhost:8080\/\S+)/.exec(log)?.[1]
    assert.ok(link, log)
    assert.equal(await works(`curl -sS -o /dev/null -w '%{http_code}' '${link}'`), '200')
    await works('systemctl stop try')
  })

  it('writes nothing that a person at a terminal has broken off, and asks again until then', async () => {
    const typed = String.raw`keycloak\n\nftp://x\n`
    const { stdout } = await machine.run(
      `mkdir -p asked && cd asked && { printf '${typed}'; sleep 2; printf '\\003'; sleep 1; } | script -qec '../node_modules/.bin/gatehouse init' /dev/null || echo "status $?"; ls -A`,
      { cwd: '/root/try' },
    )

    assert.match(stdout, /Address of Keycloak/)
    assert.match(stdout, /"ftp:\/\/x" is no address/)
    assert.match(stdout, /Nothing was written\.\s+status 2\s*$/)
  })
})

describe('a machine with systemd', () => {
  it('is set up by the commands of the guide, in their order', async () => {
    const blocks = guideBlocks().filter(({ place }) => place === 'the machine')
    await works(`mkdir -p /etc/ssl/gatehouse && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=id.example.com \
      -addext 'subjectAltName=DNS:id.example.com,DNS:metadata.example.com' -keyout /etc/ssl/gatehouse/privkey.pem -out /etc/ssl/gatehouse/fullchain.pem 2>/dev/null
      rm -f /etc/nginx/sites-enabled/default`)

    for (const { text } of blocks.slice(
      0,
      blocks.findIndex(({ text }) => text.includes('nginx -t')),
    ))
      await follow(text)

    assert.ok(blocks.length >= 9, `${blocks.length} blocks`)
    assert.match(
      await works('journalctl -u gatehouse --no-pager'),
      /Create the first administrator: https:\/\/id\.example\.com/,
    )
    assert.match(await works('journalctl -u gatehouse --no-pager'), /Reloaded/)
    assert.match(
      await works('stat -c "%U %a" /var/lib/gatehouse /var/lib/gatehouse/gatehouse.db.key'),
      /^gatehouse 700\ngatehouse 600$/m,
    )
    assert.match(await works('runuser -u gatehouse -- gatehouse users list -c /etc/gatehouse/gatehouse.yaml'), /alice/)
    assert.match(
      await works('systemctl show gatehouse -p NRestarts -p ActiveState | sort'),
      /^ActiveState=active\nNRestarts=0$/m,
    )
  })

  it('holds the service in: no rights, no way to any, nothing to write but its state', async () => {
    const status = await works('cat /proc/$(systemctl show gatehouse -p MainPID --value)/status')
    const score = await works('systemd-analyze security --no-pager gatehouse | tail -1')
    const exe = await works('readlink /proc/$(systemctl show gatehouse -p MainPID --value)/exe')

    for (const line of [/^CapEff:\s0+$/m, /^CapBnd:\s0+$/m, /^NoNewPrivs:\s1$/m, /^Seccomp:\s2$/m])
      assert.match(status, line)
    assert.ok(Number(/(\d\.\d)/.exec(score)?.[1]) <= Number(/calls that (\d\.\d) or less/.exec(guide)?.[1]), score)
    assert.match(exe, /^\/opt\/gatehouse\//, 'no launcher stands between systemd and the server')
    // As root, and with all rights, among the files that the service sees.
    const inside = (words: string) =>
      machine.run(`nsenter -t $(systemctl show gatehouse -p MainPID --value) -m -- ${words}`)
    for (const place of ['/etc/gatehouse', '/opt/gatehouse', '/usr'])
      assert.match((await inside(`touch ${place}/x`)).stderr, /Read-only file system/)
    assert.equal((await inside('ls -A /root')).stdout, '')
    assert.equal((await inside('touch /var/lib/gatehouse/x')).status, 0)
  })

  it('says that a store beside a read-only configuration cannot be, and where to put it', async () => {
    const { status, stderr } = await machine.run(
      `mkdir -p /root/ro && echo 'issuer: http://localhost:8181
listen: { port: 8181 }' > /root/ro/gatehouse.yaml && mount --bind /root/ro /root/ro && mount -o remount,bind,ro /root/ro && gatehouse serve -c /root/ro/gatehouse.yaml`,
    )

    assert.equal(status, 2)
    assert.match(stderr, /^store-unavailable: /)
    assert.match(
      stderr,
      /\/root\/ro cannot be written to by this account: name a place .*store: sqlite:\/var\/lib\/gatehouse\/gatehouse\.db/,
    )
  })
})

describe('nginx in front, with TLS', () => {
  const curl =
    'curl -sS --cacert /etc/ssl/gatehouse/fullchain.pem --resolve id.example.com:443:127.0.0.1 --resolve metadata.example.com:443:127.0.0.1'

  before(async () => {
    await works(`cat >> /etc/gatehouse/gatehouse.yaml && systemctl restart gatehouse`, {
      input: `
services:
  metadata:
    url: https://metadata.example.com
    upstream: http://127.0.0.1:5002
    rules: [{ path: /open, allow: everyone }, { path: /, allow: authenticated }]
`,
    })
    await works('cat > /root/echo.mjs', { input: echoService })
    await works('systemd-run --quiet --unit=echo /opt/gatehouse/node_modules/.bin/node /root/echo.mjs')
    // Doctor asks at the public address.
    await works(
      `echo '127.0.0.1 id.example.com metadata.example.com' >> /etc/hosts && echo NODE_EXTRA_CA_CERTS=/etc/ssl/gatehouse/fullchain.pem >> /etc/gatehouse/secrets.env`,
    )
    const blocks = guideBlocks().filter(({ place }) => place === 'the machine')
    const first = blocks.findIndex(({ text }) => text.includes('nginx -t'))
    for (const { text } of blocks.slice(first, first + 3)) await follow(text)
  })

  it('serves the issuer and the services, each under its host, and sends http to https', async () => {
    const document = JSON.parse(await works(`${curl} https://id.example.com/.well-known/openid-configuration`)) as {
      issuer: string
    }

    assert.equal(document.issuer, 'https://id.example.com')
    assert.equal(await works(`${curl} -o /dev/null -w '%{http_code}' https://metadata.example.com/open`), '200')
    assert.match(
      await works(`${curl} -D - -o /dev/null -H 'Accept: text/html' https://metadata.example.com/private`),
      /^location: https:\/\/metadata\.example\.com\/oauth2\/start/im,
    )
    assert.match(
      await works(`curl -sS -D - -o /dev/null -H 'Host: id.example.com' http://127.0.0.1/x?y=1`),
      /308[\s\S]*location: https:\/\/id\.example\.com\/x\?y=1/i,
    )
  })

  it('tells the service where people come from and how, whatever they claim themselves', async () => {
    const seen = JSON.parse(
      await works(
        `${curl} --interface 127.0.0.2 https://metadata.example.com/open -H 'X-Forwarded-For: 203.0.113.9' -H 'X-Forwarded-Proto: http' -H 'X-Forwarded-Host: evil.example' -H 'Forwarded: for=203.0.113.9' -H 'X-Auth-Request-User: mallory'`,
      ),
    ) as { headers: Record<string, string> }

    assert.equal(seen.headers['x-forwarded-for'], '127.0.0.2')
    assert.equal(seen.headers['x-forwarded-proto'], 'https')
    assert.equal(seen.headers['x-forwarded-host'], 'metadata.example.com')
    assert.equal(seen.headers['forwarded'], undefined)
    assert.equal(seen.headers['x-auth-request-user'], undefined)
  })

  it('passes an upload of 20 MB and a websocket', async () => {
    const upload = await works(
      `head -c 20000000 /dev/zero | ${curl} -T - -X POST https://metadata.example.com/open/upload`,
    )
    const socket = await machine.run(
      `${curl} --http1.1 --max-time 3 -i -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' https://metadata.example.com/open/socket`,
    )

    assert.equal(JSON.parse(upload).bytes, 20_000_000)
    assert.match(socket.stdout, /^HTTP\/1\.1 101 [\s\S]*s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=[\s\S]*hello/i)
  })

  it('signs somebody in with the form, and the service knows who they are', async () => {
    const added = await works(
      'runuser -u gatehouse -- gatehouse users password alice -c /etc/gatehouse/gatehouse.yaml --password-stdin',
      { input: 'correct horse battery' },
    )
    const page = await works(`${curl} -L -c jar -b jar -H 'Accept: text/html' https://metadata.example.com/private`)
    const action = /<form[^>]*action="([^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const hidden = [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(
      ([input]) => `--data-urlencode '${/name="([^"]*)"/.exec(input)?.[1]}=${/value="([^"]*)"/.exec(input)?.[1]}'`,
    )
    const answer = await works(
      `${curl} -L -c jar -b jar -H 'Accept: text/html' -H 'Origin: https://id.example.com' ${hidden.join(' ')} --data-urlencode username=alice --data-urlencode 'password=correct horse battery' '${new URL(action, 'https://id.example.com/').href}'`,
    )

    assert.ok(added !== undefined)
    assert.equal((JSON.parse(answer) as { headers: Record<string, string> }).headers['x-auth-request-user'], 'alice')
  })

  it('leaves the machine as the rest of the guide says: the schema beside a file that is there already', async () => {
    const blocks = guideBlocks().filter(({ place }) => place === 'the machine')
    const { text = '' } = blocks.at(-1) ?? {}
    assert.match(text, /config\.schema\.json/)

    await follow(text)
  })
})

describe('the image', () => {
  let container: Machine
  let built: Awaited<ReturnType<typeof buildImage>>
  const stages = parseDockerfile(readFileSync(join(repositoryRoot, 'deploy/Dockerfile'), 'utf8'))
  const image = stages[1]
  assert.ok(image)
  const user = lastOf(image, 'USER') ?? ''

  function startImage(configuration: string): Promise<Machine> {
    assert.ok(image)
    const volume = tempFolder('volume')
    chownSync(volume, 1000, 1000)
    const environment = Object.fromEntries(
      image.steps
        .filter(({ instruction }) => instruction === 'ENV')
        .map(({ rest }) => rest.split('=') as [string, string]),
    )
    return startContainer({
      ...built,
      node: node24,
      configuration,
      volume,
      user,
      environment,
      workFolder: lastOf(image, 'WORKDIR') ?? '/',
      command: [...JSON.parse(lastOf(image, 'ENTRYPOINT') ?? '[]'), ...JSON.parse(lastOf(image, 'CMD') ?? '[]')],
    })
  }

  const inside = (script: string): Promise<Ended> =>
    container.run(`exec ${asUser(user)} bash -euo pipefail -c "$(cat)"`, { cwd: '/', input: script })

  before(async () => {
    const folder = tempFolder('image')
    const context = join(folder, 'context')
    copyContext({ files, from: repositoryRoot, to: context })
    // The base has a Node.js 24 and npm in PATH.
    const path = `${dirname(node24)}:${process.env['PATH']}`
    built = await buildImage(stages, { folder, context, path })
    container = await startImage(join(repositoryRoot, 'deploy/container'))
    stops.push(() => container.stop())
    await ready(container)
  })

  it('holds the files of the package, and what the package needs to run, and nothing else', async () => {
    const opt = join(built.tree, 'opt/gatehouse')
    const packed = (await run('tar', ['-tzf', join(built.tree, '../build/src', tarball)]))
      .trim()
      .split('\n')
      .map((file) => file.replace(/^package\//, ''))
    const found = globSync('**/*', { cwd: opt, withFileTypes: true, exclude: ['node_modules'] })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(opt.length + 1))
    const packages = globSync(['node_modules/*', 'node_modules/@*/*'], { cwd: opt }).filter(
      (name) => !/\/@[\w-]+$/.test(name),
    )

    assert.deepEqual(found.sort(), packed.sort())
    assert.ok(
      packages.every((name) => /^node_modules\/@node-rs\/argon2/.test(name)),
      packages.join(' '),
    )
  })

  it('runs as its user without a right, as process 1, on a root that is read-only but for the volume and /tmp', async () => {
    const { stdout } = await container.run('cat /proc/1/status; tr "\\0" " " < /proc/1/cmdline', { cwd: '/' })

    assert.match(stdout, /^Uid:\s1000\s1000\s1000\s1000$/m)
    for (const line of [/^CapEff:\s0+$/m, /^CapBnd:\s0+$/m, /^NoNewPrivs:\s1$/m]) assert.match(stdout, line)
    assert.match(stdout, /^node \/opt\/gatehouse\/bin\/gatehouse\.cjs serve/m)
    for (const place of ['/opt/gatehouse', '/etc/gatehouse', '/etc', '/usr/local/bin', '/usr', '/', '/root'])
      assert.notEqual((await inside(`touch ${place}/x`)).status, 0, place)
    assert.equal((await inside('touch /tmp/x /var/lib/gatehouse/x && rm /tmp/x /var/lib/gatehouse/x')).status, 0)
  })

  it('is healthy by its own check, and answers on every address', async () => {
    const [, check = '[]'] = /CMD (\[.*\])$/.exec(lastOf(image, 'HEALTHCHECK') ?? '') ?? []
    const words = (JSON.parse(check) as string[]).map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')

    assert.equal((await inside(words)).status, 0)
    assert.equal((await inside(words.replace(':8080/', ':8081/'))).status, 1)
    assert.match((await container.run('cat /proc/net/tcp /proc/net/tcp6', { cwd: '/' })).stdout, / 0+:1F90 0+:0000 0A /)
  })

  it('takes commands beside the server, such as a first administrator', async () => {
    const { status, stderr } = await inside(
      'gatehouse users add alice --email alice@example.com --admin -c /etc/gatehouse/gatehouse.yaml',
    )
    const list = await inside('gatehouse users list -c /etc/gatehouse/gatehouse.yaml')

    assert.equal(status, 0, stderr)
    assert.match(list.stdout, /alice/)
  })

  it('ends well on SIGTERM, as process 1', async () => {
    assert.equal(await container.end('SIGTERM'), 0, container.log())
  })

  it('says that the store cannot lie beside its configuration, and where it can', async () => {
    const folder = tempFolder('without-store')
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'gatehouse.yaml'), 'issuer: https://id.example.com\n')
    const wrong = await startImage(folder)
    stops.push(() => wrong.stop())
    for (let tries = 0; tries < 100 && !wrong.log().includes('store-unavailable'); tries++) await sleep(100)

    assert.match(
      wrong.log(),
      /store-unavailable: [\s\S]*\/etc\/gatehouse cannot be written to by this account: name a place .*store: sqlite:\/var\/lib\/gatehouse\/gatehouse\.db/,
    )
  })
})

describe('the commands of the guide', () => {
  /** Where no test runs them, and why. */
  const notRun: Readonly<Record<string, string>> = {
    'a machine with Docker':
      'no Docker here: the suite carries out the Dockerfile and runs its tree; test/deploy.test.ts reads compose.yaml',
    'a machine with kubectl':
      'no cluster here: test/deploy.test.ts reads the manifests and checks the configuration in them',
  }

  it('are all run by this suite, or are listed with the reason why they cannot be', () => {
    const blocks = guideBlocks()
    const run = ['the checkout', 'a new folder', 'the machine']

    assert.equal(blocks.length, shellBlocks(guide).length, 'every block says where it is run')
    for (const { place } of blocks) assert.ok(run.includes(place) || place in notRun, place)
  })
})

async function ready(container: Machine): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (container.log().includes('ready at')) return
    await sleep(100)
  }
  throw new Error(`the container is not ready:\n${container.log()}`)
}

/** A service without a login: says what it saw, counts what is uploaded, greets websockets. */
const echoService = `
import { createServer } from 'node:http'
import { createHash } from 'node:crypto'
const server = createServer((request, response) => {
  let bytes = 0
  request.on('data', (chunk) => { bytes += chunk.length })
  request.on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify({ url: request.url, bytes, headers: request.headers })))
})
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n')
  socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')]))
  socket.on('error', () => {})
})
server.listen(5002, '127.0.0.1')
`
