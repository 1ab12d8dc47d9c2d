import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Command } from 'commander'
import { check } from './check.ts'
import type { CommandRow, Shell } from './command.ts'
import { commands } from './commands.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'))
after(() => rmSync(folder, { recursive: true }))

function run(
  text: string,
  { env = {}, ...options }: { env?: Record<string, string>; strict?: boolean; isTerminal?: boolean } = {},
) {
  const path = join(folder, 'gatehouse.yaml')
  writeFileSync(path, text)
  let stdout = ''
  let stderr = ''
  const status = check(
    { files: [path], json: false, ...options },
    { env, stdout: (part) => (stdout += part), stderr: (part) => (stderr += part), ...options },
  )
  return { status, stdout: stdout.replaceAll(folder, ''), stderr: stderr.replaceAll(`${folder}/`, '') }
}

const server = 'issuer: https://id.example.com\n'
const oidc =
  'oidc: { hostname: sso.example.com, principalClaim: preferred_username, tls: { verification: { server: { caCert: { webPki: {} } } } } }'
const wayIn = `authenticationClasses: { corp: { ${oidc} } }
login: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: us } }]
`

describe('gatehouse check', () => {
  it('counts warnings in the place of `fine`, and allows none with --strict', () => {
    const text = `${server}services: { a: { url: "https://a.example.com" }, b: { url: "https://b.example.com" } }\n`

    const lenient = run(text)
    const strict = run(text, { strict: true })
    const nothing = run(server, { strict: true })

    assert.deepEqual([lenient.status, lenient.stdout], [0, '/gatehouse.yaml: 2 warnings\n'])
    assert.deepEqual([strict.status, strict.stdout], [1, ''])
    assert.match(strict.stderr, /2 warnings, and --strict allows none\n$/)
    assert.deepEqual([nothing.status, nothing.stdout], [0, '/gatehouse.yaml: fine\n'])
  })

  it('warns of a service for which nobody may ask', () => {
    const service = `${server}services: { a: { url: "https://a.example.com" } }\n`

    assert.match(
      run(service).stderr,
      /^gatehouse\.yaml:2:13 services\.a: warning: has no upstream, and no proxy may ask the gate for it/,
    )
    assert.equal(run(`${service}listen: { trustedProxies: [10.0.0.0/8] }\n`).stderr, '')
    assert.equal(run(service.replace('" }', '", upstream: "http://127.0.0.1:1" }')).stderr, '')
  })

  it('notes secrets that serve will not find, with the entry and its line', () => {
    const text = `${server}${wayIn}encryptionKey: "\${env:KEY}"
secrets:
  us: { clientId: us, clientSecret: "\${env:OUR_SECRET}" }
  others: { clientId: trino, clientSecret: "\${env:NOT_OURS}" }
`
    const none = run(text)
    assert.match(
      none.stderr,
      /gatehouse\.yaml:6:23 secrets\.us\.clientSecret: note: the variable OUR_SECRET is not set here, and serve needs it \(variable-missing\)\n/,
    )
    assert.match(none.stderr, /gatehouse\.yaml:4:1 encryptionKey: note: the variable KEY is not set/)
    assert.doesNotMatch(none.stderr, /NOT_OURS/)
    const short = run(text, { env: { KEY: 'c2hvcnQ=', OUR_SECRET: 'x' } })
    assert.match(
      short.stderr,
      /^gatehouse\.yaml:4:1 encryptionKey: warning: the variable KEY has no key of 32 bytes in base64/,
    )
    assert.equal(run(text, { env: { KEY: Buffer.alloc(32).toString('base64'), OUR_SECRET: 'x' } }).stderr, '')
    assert.match(
      run(text.replace('${env:OUR_SECRET}', '${file:./nowhere}')).stderr,
      /there is no file \.\/nowhere here/,
    )
    // Who only renders needs none.
    assert.doesNotMatch(run(text.replace(server, '')).stderr, /OUR_SECRET/)
  })

  it('warns of one client id with two secrets at one provider', () => {
    const clients = (second: string) => `${server}${wayIn}products:
  lake: { product: trino, url: "https://lake.example.com", authentication: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: ${second} } }] }
secrets: { us: { clientId: us, clientSecret: "\${env:A}" }, same: { clientId: us, clientSecret: "\${env:A}" }, other: { clientId: us, clientSecret: "\${env:B}" } }
`
    const env = { A: 'a', B: 'b' }

    assert.match(
      run(clients('other'), { env }).stderr,
      /products\.lake\.authentication\.0\.oidc\.clientCredentialsSecret: warning: has the client id of login\.0 at corp and another secret/,
    )
    assert.doesNotMatch(run(clients('same'), { env }).stderr, /another secret/)
  })

  it('shows the line with a caret to a person at a terminal, under the line that scripts read', () => {
    const text = `${server}listen: { port: 80800 }\n`

    assert.match(
      run(text).stderr,
      /^gatehouse\.yaml:2:11 listen\.port: must be 1 to 65535, but it is 80800\n1 problem\n$/,
    )
    assert.match(
      run(text, { isTerminal: true }).stderr,
      /80800\n {2}2 \| listen: \{ port: 80800 \}\n {4}\| {11}\^\n1 problem\n$/,
    )
  })
})

describe('the files of a configuration', () => {
  const rows = commands.flatMap((row): CommandRow[] =>
    'commands' in row ? row.commands.map((inner) => ({ ...inner, name: `${row.name} ${inner.name}` })) : [row],
  )
  /** They read no configuration of Gatehouse. */
  const others = ['dev-idp', 'init', 'import']

  async function declared(row: CommandRow, finish: Shell['finish'] = () => {}, said: string[] = []): Promise<Command> {
    const stdout = (text: string) => said.push(text)
    const surroundings = { env: {}, color: false, stdout, stderr: stdout }
    const command = new Command(row.name).exitOverride().configureOutput({ writeErr: stdout, writeOut: stdout })
    ;(await row.load())(command, {
      surroundings,
      finish,
      stopped: async () => {},
      hungUp: () => {},
      readInput: () => '',
    })
    return command
  }

  for (const row of rows.filter(({ name }) => !others.includes(name))) {
    it(`are named with -f, -c, or as an argument where there is no other one: ${row.name}`, async () => {
      const command = await declared(row)

      for (const [short, long] of [
        ['-f', '--file'],
        ['-c', '--config'],
      ])
        assert.ok(
          command.options.some((option) => option.short === short && option.long === long),
          short,
        )
      const [argument] = command.registeredArguments
      // A backup is a file of its own.
      const hasOther = argument?.required || row.name === 'store backup'
      assert.ok(hasOther || (argument?.variadic && argument.name() === 'file'), 'an argument')
    })
  }

  it('are described in the help of every command, which has an example', async () => {
    for (const row of rows) {
      let help = ''
      const command = (await declared(row)).configureOutput({ writeOut: (text) => (help += text) })
      command.outputHelp()
      assert.match(help, /Examples?:\n {2}(export .*)?"?\$?\(?(kubectl .*)?gatehouse/, row.name)
    }
  })

  it('of users change may take a team away, in a word of its own', async () => {
    const row = rows.find(({ name }) => name === 'users change') as CommandRow
    const command = await declared(row)
    command.parseOptions(['--team', 'a', '--no-team', 'b', '--no-team', 'c', '--no-admin'])
    const { team, noTeam, admin } = command.opts()
    assert.deepEqual({ team, noTeam, admin }, { team: ['a'], noTeam: ['b', 'c'], admin: false })
  })

  it('are the same files in each way', async () => {
    const path = join(folder, 'clients.yaml')
    writeFileSync(
      path,
      `${server}products: { lake: { product: trino, url: "https://lake.example.com", authentication: [{ authenticationClass: gatehouse }] } }\n`,
    )
    for (const name of ['check', 'clients list', 'render']) {
      const row = rows.find((each) => each.name === name) as CommandRow
      const answers = []
      for (const words of [['-f', path], ['-c', path], [path], ['--file', path], ['--config', path]]) {
        const said: string[] = []
        let status: number | undefined
        const command = await declared(row, (ended) => (status = ended), said)
        await command.parseAsync([...words, ...(name === 'render' ? ['-o', '-'] : [])], { from: 'user' })
        answers.push({ status, said: said.join('') })
      }
      assert.equal(answers[0]?.status, 0, answers[0]?.said)
      for (const answer of answers) assert.deepEqual(answer, answers[0])
    }
  })
})
