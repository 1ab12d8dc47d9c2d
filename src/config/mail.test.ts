import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MailSettings } from './mail.ts'

const good = { from: 'Gatehouse <no-reply@example.com>', host: 'smtp.example.com' }

it('takes a mail server, and asks for encryption where nothing is said', () => {
  const { port, security } = MailSettings.parse(good)

  assert.deepEqual([port, security], [587, 'starttls'])
  assert.equal(MailSettings.safeParse({ ...good, from: 'no-reply@example.com' }).success, true)
  assert.equal(MailSettings.safeParse({ ...good, host: 'localhost', security: 'none' }).success, true)
  assert.equal(MailSettings.safeParse({ ...good, security: 'none', insecure: true }).success, true)
})

for (const [what, change] of [
  ['links in clear through the network', { security: 'none' }],
  ['a password without an account', { password: '${env:SMTP_PASSWORD}' }],
  ['a sender that is no address', { from: 'Gatehouse' }],
  ['two senders', { from: 'a@example.com, b@example.com' }],
  ['a header in the sender', { from: 'Gatehouse\r\nBcc: x@evil.test <a@example.com>' }],
  ['a reference of another tool', { user: 'x', password: '$SMTP_PASSWORD' }],
  ['a key that nobody reads', { starttls: true }],
] as const) {
  it(`refuses ${what}`, () => {
    assert.equal(MailSettings.safeParse({ ...good, ...change }).success, false)
  })
}
