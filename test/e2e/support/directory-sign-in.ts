import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { type Gatehouse, startGatehouse } from '../../support/gatehouse.ts'
import { selfSignedCertificate } from './self-signed.ts'
import { directoryUsers, type Slapd } from './slapd.ts'
import { tempFolder } from './temp.ts'

const localPassword = 'correct horse battery staple'

/** Tests of Gatehouse itself at this directory: every class of it is a way in, beside local accounts. */
export function signInTests(slapdOf: () => Slapd): void {
  describe('Gatehouse', () => {
    let slapd: Slapd
    let gatehouse: Gatehouse

    before(async () => {
      slapd = slapdOf()
      const other = await selfSignedCertificate(tempFolder('other-authority'))
      const groups = { searchBase: slapd.suffix, name: 'cn' }
      const ca = (secretClass: string) => ({ verification: { server: { caCert: { secretClass } } } })
      const common = {
        hostname: 'localhost',
        searchBase: slapd.searchBase,
        bindCredentials: { secretClass: 'reader' },
      }
      const ldaps = { ...common, port: slapd.port, tls: ca('company-ca') }
      const atStartTls = { ...common, port: slapd.startTlsPort }
      const classes = {
        directory: { ...ldaps, groups },
        'by-member-of': { ...ldaps, searchFilter: `(memberOf=${slapd.groupDn('analysts')})` },
        'start-tls': { ...atStartTls, tls: ca('company-ca'), startTls: true },
        'clear-text': atStartTls,
        'wrong-authority': { ...ldaps, tls: ca('other-ca') },
        'wrong-reader': { ...ldaps, bindCredentials: { secretClass: 'nobody' } },
        'as-themselves': { ...ldaps, bindCredentials: undefined },
      }
      const team = (group: string) => ({ from: [{ authenticationClass: 'directory', group }] })
      gatehouse = await startGatehouse({
        config: (port) =>
          stringify({
            issuer: `http://localhost:${port}`,
            listen: { port, trustedProxies: ['127.0.0.1'] },
            names: { from: 'directory' },
            authenticationClasses: Object.fromEntries(Object.entries(classes).map(([name, ldap]) => [name, { ldap }])),
            login: [...Object.keys(classes).map((authenticationClass) => ({ authenticationClass })), { local: {} }],
            teams: { everyone: team('everyone'), operators: team('operators'), staff: team('staff') },
            secrets: {
              reader: { user: slapd.reader.dn, password: '${env:READER_PASSWORD}' },
              nobody: { user: `cn=nobody,${slapd.suffix}`, password: '${env:READER_PASSWORD}' },
              'company-ca': { 'ca.crt': `\${file:${slapd.certificate.certFile}}` },
              'other-ca': { 'ca.crt': `\${file:${other.certFile}}` },
            },
          }),
        env: { READER_PASSWORD: slapd.reader.password },
      })
      await gatehouse.addUser('alice-here', localPassword)
    })
    after(() => gatehouse?.stop())

    interface Attempt {
      at?: string
      username: string
      password: string
      from?: string
    }

    function post({ at, username, password, from = '192.0.2.1' }: Attempt): Promise<Response> {
      return fetch(`${gatehouse.url}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'x-forwarded-for': from },
        body: new URLSearchParams({ ...(at === undefined ? {} : { provider: at }), username, password }),
      })
    }

    /** `in`, or the code that the log has for this attempt. */
    async function outcome(attempt: Attempt): Promise<string> {
      const answer = await post({ at: 'directory', ...attempt })
      if (answer.status === 303) return 'in'
      const id = answer.headers.get('x-request-id') ?? 'no request id'
      const log = await gatehouse.logWith(new RegExp(`${id}.*"code":"|"code":".*${id}`))
      const line = log.split('\n').find((each) => each.includes(id) && each.includes('"code":"'))
      return /"code":"([a-z-]+)"/.exec(line ?? '')?.[1] ?? `no code in ${line}`
    }

    const as = (username: keyof typeof directoryUsers) => ({ username, password: directoryUsers[username].password })

    async function shown(name: string) {
      const { stdout, stderr } = await gatehouse.cli(['users', 'show', name, '--json'])
      assert.notEqual(stdout, '', stderr)
      const person = JSON.parse(stdout) as {
        name: string
        email: string
        teams: { name: string }[]
        identities: { issuer: string; subject: string; groups: string[] }[]
      }
      const [identity] = person.identities
      return { ...person, teams: JSON.stringify(person.teams), identity, groups: identity?.groups.toSorted() ?? [] }
    }

    test('signs people in with their names, addresses and groups: nested, unique, POSIX, primary', async () => {
      for (const person of ['alice', 'bob', 'carol'] as const) assert.equal(await outcome(as(person)), 'in', person)
      assert.equal(await outcome({ username: 'frank', password: 'frank-password' }), 'in')

      const alice = await shown('alice')
      assert.equal(alice.name, 'Alice Archer')
      assert.equal(alice.email, 'alice@example.test')
      assert.equal(alice.identity?.issuer, 'ldap:directory')
      assert.match(alice.identity?.subject ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.deepEqual(alice.groups, ['analysts', 'data-admins', 'engineers', 'everyone', 'platform'])
      assert.deepEqual((await shown('bob')).groups, ['analysts', 'everyone', 'platform', 'staff'])
      assert.deepEqual((await shown('carol')).groups, ['operators'])
      // The DN has a comma, parentheses and an asterisk.
      assert.deepEqual((await shown('frank')).groups, ['everyone', 'platform'])
      assert.match(alice.teams, /everyone/)
      assert.doesNotMatch(alice.teams, /operators|staff/)
    })

    test('finds people by address, whatever the letter case, and by no other spelling than one that is there', async () => {
      assert.equal(await outcome({ username: ' ALICE ', password: as('alice').password }), 'in')
      assert.equal(await outcome({ username: 'Alice@Example.Test', password: as('alice').password }), 'in')
      assert.equal(
        await outcome({ username: 'nobody@example.test', password: as('alice').password }),
        'invalid-credentials',
      )
      const { stdout } = await gatehouse.cli(['users', 'list', '--json'])
      assert.equal(stdout.match(/alice@example\.test/g)?.length, 1)
    })

    test('refuses wrong and empty passwords, and names that would change the filter [ldap-filter-injection]', async () => {
      const right = as('alice').password
      const attempts: [string, string][] = [
        ['alice', 'wrong'],
        ['alice', ''],
        ['alice', ' '],
        ['alice', '\0'],
        ['ali*', right],
        ['*', right],
        ['alice)(uid=*', right],
        ['*)(|(uid=alice', right],
        ['\\61lice', right],
        ['alice,ou=people', right],
      ]
      for (const [index, [username, password]] of attempts.entries()) {
        const attempt = { username, password, from: `192.0.2.${20 + index}` }
        assert.equal(await outcome(attempt), 'invalid-credentials', JSON.stringify([username, password]))
        assert.equal(
          await outcome({ ...attempt, at: 'as-themselves' }),
          'invalid-credentials',
          JSON.stringify(username),
        )
      }
      assert.equal(await outcome({ ...as('alice'), from: '192.0.2.20' }), 'in')
    })

    test('answers in the same time and with the same page to a name that nobody has', async () => {
      const times: Record<string, number[]> = { alice: [], nobody: [] }
      const pages = new Set<string>()
      for (let turn = 0; turn < 4; turn++)
        for (const username of ['alice', 'nobody']) {
          const started = performance.now()
          const answer = await post({ at: 'directory', username, password: 'wrong', from: `192.0.2.${40 + turn}` })
          times[username]?.push(performance.now() - started)
          assert.equal(answer.status, 401)
          pages.add((await answer.text()).replaceAll(username, 'NAME').replace(/nonce-[^'"]+|value="[^"]{20,}"/g, ''))
        }

      const [one = 0, other = 0] = Object.values(times).map((all) => Math.min(...all))
      assert.ok(Math.abs(one - other) < 60, JSON.stringify(times))
      assert.equal(pages.size, 1)
    })

    test('says that an account is locked, and takes only members of the group in searchFilter', async () => {
      assert.equal(await outcome({ username: 'dora', password: 'dora-password' }), 'directory-account-locked')
      assert.equal(await outcome({ at: 'by-member-of', ...as('bob') }), 'in')
      assert.equal(await outcome({ at: 'by-member-of', ...as('carol') }), 'invalid-credentials')
      assert.deepEqual((await shown('bob@by-member-of')).groups, [slapd.groupDn('analysts')])
    })

    test('speaks StartTLS, and binds as the person where nobody searches', async () => {
      assert.equal(await outcome({ at: 'start-tls', ...as('alice') }), 'in')
      assert.equal(await outcome({ at: 'as-themselves', ...as('alice') }), 'in')

      assert.equal((await shown('alice@start-tls')).name, 'Alice Archer')
      const subjects = [await shown('alice@as-themselves'), await shown('alice')].map(
        ({ identity }) => identity?.subject,
      )
      assert.equal(subjects[0], subjects[1])
    })

    test('says what is wrong with the way to the directory, and sends no password there', async () => {
      const binds = () => slapd.log().match(/BIND dn="uid=carol/g)?.length ?? 0
      const seen = binds()

      assert.equal(await outcome({ at: 'wrong-authority', ...as('carol') }), 'certificate-untrusted')
      assert.equal(await outcome({ at: 'wrong-reader', ...as('carol') }), 'directory-bind-refused')
      // The reader's bind is refused: confidentiality required.
      assert.equal(await outcome({ at: 'clear-text', ...as('carol') }), 'directory-bind-refused')

      assert.equal(binds(), seen)
    })

    test('gives a password to the directory that the person chose, and to no other', async () => {
      const searches = () => slapd.log().match(/SRCH/g)?.length ?? 0
      const seen = searches()

      // The form of local accounts names no provider.
      assert.equal((await post(as('alice'))).status, 401)
      assert.equal((await post({ at: 'nowhere', ...as('alice') })).status, 404)

      assert.equal(searches(), seen)
      assert.equal((await post({ at: 'local', username: 'alice-here', password: localPassword })).status, 303)
      assert.equal(await outcome({ username: 'alice-here', password: localPassword }), 'invalid-credentials')
    })

    test('limits guesses at one person, whatever spelling they use, and lets others in [ldap-filter-injection]', async () => {
      const spellings = ['bob', 'BOB', ' bob', 'Bob ', 'bOb', 'bob@example.test', 'BOB@EXAMPLE.TEST']
      const codes = []
      for (const username of spellings) codes.push(await outcome({ username, password: 'wrong', from: '192.0.2.70' }))

      assert.equal(codes[0], 'invalid-credentials')
      assert.equal(codes.at(-1), 'too-many-attempts')
      assert.equal(await outcome({ ...as('carol'), from: '192.0.2.70' }), 'in')
      assert.equal(await outcome({ ...as('bob'), from: '192.0.2.71' }), 'in')
    })

    test('says by a code that the directory is down while the other ways in work, and goes on when it is back', async () => {
      await slapd.stop()
      const started = performance.now()
      const code = await outcome(as('alice'))
      const local = await post({ at: 'local', username: 'alice-here', password: localPassword })
      const page = await fetch(`${gatehouse.url}/login`)
      const took = performance.now() - started
      await slapd.restart()

      assert.equal(code, 'provider-unreachable')
      assert.equal(local.status, 303)
      assert.equal(page.status, 200)
      assert.ok(took < 5_000, `${took} ms`)
      let again = ''
      for (let tries = 0; tries < 20 && again !== 'in'; tries++) {
        again = await outcome(as('alice'))
        await sleep(100)
      }
      assert.equal(again, 'in')
    })

    test('starts, and shows every way in, while the directory is down', async () => {
      await slapd.stop()
      await gatehouse.kill()
      const started = performance.now()
      await gatehouse.restart()
      const page = await (await fetch(`${gatehouse.url}/login`)).text()
      const took = performance.now() - started
      await slapd.restart()

      assert.match(page, /name="provider" value="directory"/)
      assert.ok(took < 5_000, `${took} ms`)
    })

    test('never writes a password into its log', () => {
      assert.doesNotMatch(gatehouse.log(), /alice-password|bob-password|carol-password|dora-password|reader-password/)
    })
  })
}
