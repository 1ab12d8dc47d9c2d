'use strict'
// A file of its own: a Node.js that does not know `import()` cannot even read it.
const url = require('url')

exports.importFile = function importFile(file) {
  return import(url.pathToFileURL(file).href)
}
