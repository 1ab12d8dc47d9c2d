'use strict'
/**
 * Runs a file with the Node.js that Gatehouse needs: this one, or the one that the npm package `node` has put beside us.
 * Whoever has an older one gets a sentence instead of a syntax error, so this file holds nothing that a Node.js of 2016 does not read,
 * and nothing is loaded before the version is known.
 */
const childProcess = require('child_process')
const fs = require('fs')
const path = require('path')

/** The major version of `engines.node` in package.json. */
exports.needed = 24

/**
 * @param {object} what
 * @param {string} what.file the module to run, absolute
 * @param {string[]} what.args its arguments
 * @param {string} what.home the folder of our package; the package `node` is looked for there and above
 * @param {string} what.remedy what to do where there is no such Node.js; completes a sentence
 */
exports.run = function run(what) {
  if (majorOf(process.version) >= exports.needed) {
    process.argv.splice(1, process.argv.length - 1, what.file, ...what.args)
    require('./import.cjs').importFile(what.file)
    return
  }
  const other = nodeBeside(what.home)
  if (other !== undefined) {
    runWith(other, [what.file].concat(what.args))
    return
  }
  exports.refuse(
    `Gatehouse needs Node.js ${exports.needed} or newer, and this is ${process.version} (${process.execPath}): ${what.remedy}.`,
  )
}

/** Ends with a sentence. The status is that of a wrong call. */
exports.refuse = function refuse(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(2)
}

function majorOf(version) {
  return Number(/^v?(\d+)\./.exec(version)[1])
}

/** The program of the npm package `node` in the nearest node_modules that has one of our version; undefined when there is none. */
function nodeBeside(home) {
  for (let folder = home; ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', 'node')
    const program = path.join(found, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    // Without its install script the package has everything but the program.
    if (fs.existsSync(program) && majorOf(versionOf(found)) >= exports.needed) return program
    if (folder === path.dirname(folder)) return undefined
  }
}

function versionOf(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version
}

/** Runs a program in our place: its input, output, signals and end are ours. */
function runWith(program, args) {
  const child = childProcess.spawn(program, args, { stdio: 'inherit' })
  // A terminal interrupts both of us.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => exports.refuse(`${program} cannot be run: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
