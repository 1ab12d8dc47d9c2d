import assert from 'node:assert/strict'
import { test } from 'node:test'
import { titleOfProduct } from './product-titles.ts'

test('a product is called by its title, and else by its key, which is the name of the kind in its own spelling', () => {
  assert.equal(titleOfProduct('trino', { product: 'trino', title: 'Queries' }), 'Queries')
  assert.equal(titleOfProduct('trino', { product: 'trino' }), 'Trino')
  assert.equal(titleOfProduct('argo-cd', { product: 'argo-cd' }), 'Argo CD')
  assert.equal(titleOfProduct('trino-prod', { product: 'trino' }), 'trino-prod')
  assert.equal(titleOfProduct('oidc', { product: 'oidc' }), 'oidc')
})
