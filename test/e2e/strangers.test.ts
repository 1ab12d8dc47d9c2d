/** What strangers leave in the store, with ten times the requests of `npm test`. */
process.env['GATEHOUSE_STRANGERS'] ??= '5000'
await import('../strangers.test.ts')
