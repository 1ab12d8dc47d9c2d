import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeIssue } from './describe-issue.ts'
import { httpUrl } from './primitives.ts'
import { Product } from './product.ts'
import { Config } from './schema.ts'
import { withoutUserinfo } from './shown-text.ts'

test('an address with a password is refused without the password in the message', () => {
  for (const address of [
    'http://user:hunter2@proxy.example.com:3128',
    'http://user:hun/ter2@proxy.example.com:3128',
    'http://user:x@hunter2@proxy.example.com:3128',
    'http:////user:hunter2@proxy.example.com:3128',
    'http:user:hunter2@proxy.example.com:3128',
    'user:hunter2@proxy.example.com:3128',
  ]) {
    const { error } = httpUrl.safeParse(address)
    assert.ok(error, address)
    const data = { issuer: address }
    const [issue] = Config.safeParse(data).error?.issues ?? []
    const message = issue && describeIssue(issue, data)[0]?.message
    assert.match(String(message), /without user name and password.*proxy\.example\.com:3128"$/, address)
    assert.doesNotMatch(String(message), /hun|ter2|user:/, address)
  }
})

test('an address that is not well-formed Unicode is refused', () => {
  assert.equal(httpUrl.safeParse('https://example.com/\ud800').success, false)
  assert.equal(httpUrl.safeParse('https://example.com/\u{1f600}').success, true)
})

test('an address without one is shown as it is', () => {
  for (const address of ['https://example.com/@me', 'unix:///run/@app.sock', 'static://202', 'nothing'])
    assert.equal(withoutUserinfo(address), address)
  assert.equal(withoutUserinfo('http://user:pw@example.com/@me?a=b@c'), 'http://example.com/@me?a=b@c')
})

test('proxies in front of oauth2-proxy are addresses and networks, and not everyone', () => {
  const parse = (trustedProxies: string[]) =>
    Product.safeParse({
      product: 'oauth2-proxy',
      url: 'https://app.example.com',
      authentication: [{ authenticationClass: 'gatehouse' }],
      'oauth2-proxy': { trustedProxies },
    })

  assert.equal(parse(['10.0.0.0/8', '::1']).success, true)
  for (const text of ['not-an-ip', '0.0.0.0/0', '10.0.0.0/33', '']) {
    assert.match(parse([text]).error?.message ?? '', /must be an IP address or a network/, text)
  }
})
