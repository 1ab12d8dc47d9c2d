/** The part of a login by form that is slow on purpose: one verification of a password hash for each request, as in our server. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPasswordRule } from '../../src/directory/password-rule.ts'
import { hashPassword, inTurn, verifyPassword } from '../../src/directory/passwords.ts'

const password = 'correct horse battery staple'
const hash = await hashPassword(password, createPasswordRule(), {})

const server = createServer({ keepAliveTimeout: 65_000 }, (_request, response) => {
  inTurn({ name: 'bench' }, () => verifyPassword(hash, password)).then(
    (matches) => response.writeHead(matches ? 200 : 500, ['Content-Length', '0']).end(),
    () => response.writeHead(503, ['Content-Length', '0']).end(),
  )
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
})
