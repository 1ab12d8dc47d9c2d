import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedBrowser } from '../../test/e2e/support/scripted-browser.ts'
import { callback, documentAt } from '../../test/support/dev-idp-walk.ts'
import { startDevIdp } from './index.ts'

test('Cancel at the form leads back with access_denied and the state, where the vendor has such a button', async (t) => {
  for (const [like, said] of [
    ['entra', /^AADSTS65004: /],
    ['gitlab', /denied/],
  ] as const) {
    const idp = await startDevIdp({ like })
    t.after(() => idp.close())
    const { authorization_endpoint: address } = await documentAt(idp.issuer)
    const query = {
      client_id: idp.clientId,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid',
      state: 's',
    }
    const browser = new ScriptedBrowser()
    t.after(() => browser.close())

    const form = await browser.open(`${address}?${new URLSearchParams(query)}`)
    await browser.submitForm(form, { cancel: 'yes' }).catch(() => undefined)

    const target = new URL(browser.hops.at(-1)?.location ?? '')
    assert.equal(target.origin + target.pathname, callback)
    assert.equal(target.searchParams.get('error'), 'access_denied')
    assert.match(target.searchParams.get('error_description') ?? '', said)
    assert.equal(target.searchParams.get('state'), 's')
    assert.equal(target.searchParams.get('iss'), null)
  }
})
