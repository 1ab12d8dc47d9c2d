#!/usr/bin/env node
'use strict'
// The command `gatehouse` of the installed package. See with-node.cjs.
const fs = require('fs')
const path = require('path')
const withNode = require('./with-node.cjs')

const home = path.dirname(__dirname)
const main = path.join(home, 'dist', 'main.js')
if (!fs.existsSync(main)) {
  withNode.refuse(
    `${main} is missing: in a checkout, write \`npm run -s gatehouse --\` instead of gatehouse, or run \`npm run build\` first.`,
  )
}
withNode.run({
  file: main,
  args: process.argv.slice(2),
  home: home,
  remedy: 'install it (https://nodejs.org/en/download), or put it beside this package with `npm install node@24`',
})
