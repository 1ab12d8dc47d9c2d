/** Reads every form of configuration of oauth2-proxy: by the name of the file, otherwise by its content. */
import { proxyKeys } from '../../products/oauth2-proxy/names.ts'
import { type ImportFile, UnreadableImport } from '../contract.ts'
import { readVariables } from '../settings-tree.ts'
import { readCommands, readDockerfile, readUnit } from './command-line.ts'
import { emailsIn, readConfigFile } from './config-file.ts'
import { readEnvironment } from './flags.ts'
import { nothing, type ProxyFile } from './found.ts'
import { readYamlFile } from './manifest.ts'

export function readProxyFile(file: ImportFile): ProxyFile {
  return readers[formOf(file)](file)
}

const readers = {
  toml: readConfigFile,
  yaml: readYamlFile,
  commands: readCommands,
  dockerfile: readDockerfile,
  unit: readUnit,
  variables: (file: ImportFile) => ({ ...nothing, settings: readEnvironment(readVariables(file), file.name) }),
  emails: ({ text }: ImportFile) => ({ ...nothing, emails: emailsIn(text) ?? [] }),
} as const satisfies Record<string, (file: ImportFile) => ProxyFile>

const yamlStart =
  /^(?:---|\{|["']?(?:apiVersion|kind|items|services|providers|upstreamConfig|injectRequestHeaders|config|configuration|extraArgs|extraEnv|alphaConfig|oauth2-proxy|args|containers)["']?:)/m

function formOf({ name, text }: ImportFile): keyof typeof readers {
  if (/\.(?:cfg|toml)$/.test(name)) return 'toml'
  if (/\.(?:ya?ml|json)$/.test(name)) return 'yaml'
  if (/\.env$/.test(name)) return 'variables'
  if (/\.service$/.test(name) || /^\[Service\]\s*$/m.test(text)) return 'unit'
  if (/^(?:.*\/)?Dockerfile/i.test(name) || /^FROM\s+\S+/m.test(text)) return 'dockerfile'
  if (emailsIn(text) !== undefined) return 'emails'
  if (hasKeys(text)) return 'toml'
  if (yamlStart.test(text)) return 'yaml'
  if (/(?:^|\s)["']?--?[a-z][a-z0-9-]+(?:[= "']|$)/m.test(text)) return 'commands'
  if (/^\s*(?:export\s+)?OAUTH2_PROXY_[A-Z_]+=/m.test(text)) return 'variables'
  return /^\s*[a-z_]+\s*=/m.test(text) ? 'toml' : 'yaml'
}

/** Lines such as `client_id = "app"`, and no command. */
function hasKeys(text: string): boolean {
  return [...text.matchAll(/^\s*([a-z_]+)\s*=\s*(?:["'[\d]|true|false)/gm)].some(([, key = '']) =>
    Object.hasOwn(proxyKeys, key),
  )
}

/** Throws when the files say nothing of oauth2-proxy. */
export function refuseNothing(files: readonly ImportFile[], isEmpty: boolean): void {
  if (!isEmpty) return
  throw new UnreadableImport(files[0]?.name ?? '', 'has no setting of oauth2-proxy')
}
