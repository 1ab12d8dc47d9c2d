'use strict'
/** What the scripts of package.json begin with: `node scripts/run.cjs FILE.ts ARG...` runs a file of the checkout with the Node.js that it needs. */
const fs = require('fs')
const path = require('path')
const withNode = require('../bin/with-node.cjs')

const home = path.dirname(__dirname)
// A package that everything here needs and `npm ci --omit=dev` leaves out.
if (!fs.existsSync(path.join(home, 'node_modules', 'commander'))) {
  withNode.refuse('The packages that Gatehouse is made of are not here: run `npm ci` first.')
}
withNode.run({
  file: path.join(home, process.argv[2]),
  args: process.argv.slice(3),
  home: home,
  remedy:
    'run `npm rebuild node --ignore-scripts=false`, which brings it (an installation without scripts leaves it out), or install it (https://nodejs.org/en/download)',
})
