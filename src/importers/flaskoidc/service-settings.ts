/** The variables of Amundsen's three services, whatever they came from, and which services sign people in. */

export const services = ['frontend', 'metadata', 'search'] as const
export type Service = (typeof services)[number]

/** One variable of one service, and where it was found. */
export interface Setting {
  /** Empty where the input only refers to it. */
  value: string
  where: string
  /** What keeps the value instead: `the key id of the Secret amundsen-oidc`, `the variable OIDC_CLIENT_ID`. */
  from?: string
  /** The variable that comes first where it is set; the value is the input's own for when it is not. */
  unless?: string
}

/** Whether a service asks for a sign-in, as the input says it, and where it does. */
interface Switch {
  isOn: boolean
  where: string
}

/** The content of the files by names of variables, regardless of their original form. */
export class ServiceSettings {
  readonly #settings: Record<Service, Map<string, Setting>> = {
    frontend: new Map(),
    metadata: new Map(),
    search: new Map(),
  }
  readonly #taken = new Set<string>()
  readonly #switches = new Map<Service, Switch>()

  set(of: readonly Service[], name: string, setting: Setting): void {
    const kept = setting.from === undefined ? withoutReference(setting) : setting
    for (const service of of) this.#settings[service].set(name, kept)
  }

  /** The value of the first service that has it; most values are the same for all. Empty counts as missing. */
  take(name: string, order: readonly Service[] = services): Setting | undefined {
    this.#taken.add(name)
    return this.peek(name, order)
  }

  /** Like `take`, but the setting is still listed as left. */
  peek(name: string, order: readonly Service[] = services): Setting | undefined {
    return this.#found(name, order).find(({ value }) => value !== '')
  }

  /** A setting whose value is kept elsewhere. */
  reference(name: string, order: readonly Service[] = services): Setting | undefined {
    return this.#found(name, order).find(({ value, from }) => value === '' && from !== undefined)
  }

  #found(name: string, order: readonly Service[]): Setting[] {
    return order.flatMap((service) => this.#settings[service].get(name) ?? [])
  }

  /** Like `take`, of a variable with a default: a service with flaskoidc's variables, but without this one, has the default. */
  takeUnlessUsual(name: string): Setting | undefined {
    this.#taken.add(name)
    const first = services.find((service) => this.#says(service, name) || this.#isConfigured(service))
    return first === undefined ? undefined : this.peek(name, [first])
  }

  /** Whether two services have different values; `usual` is the default. */
  differs(name: string, usual: string): boolean {
    const known = services.filter((service) => this.#says(service, name) || this.#isConfigured(service))
    return new Set(known.map((service) => this.#settings[service].get(name)?.value ?? usual)).size > 1
  }

  #says(service: Service, name: string): boolean {
    const setting = this.#settings[service].get(name)
    return setting !== undefined && (setting.value !== '' || setting.from !== undefined)
  }

  #isConfigured(service: Service): boolean {
    return this.#says(service, 'FLASK_OIDC_CONFIG_URL')
  }

  /** A switch of a chart, or a container with its whole environment. An earlier one is replaced. */
  switch(of: readonly Service[], isOn: boolean, where: string): void {
    for (const service of of) this.#switches.set(service, { isOn, where })
  }

  /** Undefined where the input does not say it. */
  signInOf(service: Service): Switch | undefined {
    const known = this.#switches.get(service)
    if (known) return known
    const found = [...this.#settings[service]].find(([name, { value }]) => value !== '' && wraps(name, value))
    return found && { isOn: true, where: found[1].where }
  }

  /** Settings of flaskoidc whose value holds only where a variable is not set, each name once. */
  defaulted(): [string, Setting][] {
    const all = new Map(services.toReversed().flatMap((service) => [...this.#settings[service]]))
    return [...all].filter(([name, { value, unless }]) => unless !== undefined && value !== '' && isOfFlaskoidc(name))
  }

  /** What was asked for, and is kept elsewhere in every service that has it. */
  unread(): [string, Setting][] {
    return [...this.#taken].flatMap((name): [string, Setting][] => {
      const found = this.peek(name) ? undefined : this.reference(name)
      return found ? [[name, found]] : []
    })
  }

  /** Everything that was not taken, each name once. */
  left(): [string, Setting][] {
    const all = new Map(services.toReversed().flatMap((service) => [...this.#settings[service]]))
    return [...all].filter(([name, { value, from }]) => !this.#taken.has(name) && (value !== '' || from !== undefined))
  }
}

/** `$NAME` and `${NAME}` are no values, and `<client-id>` is one that somebody forgot to write. */
function withoutReference(setting: Setting): Setting {
  if (/^<.*>$/s.test(setting.value)) return { ...setting, value: '' }
  const [, name] = /^\$\{?([A-Za-z_]\w*)/.exec(setting.value) ?? []
  return name === undefined ? setting : { ...setting, value: '', from: `the variable ${name}` }
}

/** Whether a variable shows that a service is behind flaskoidc. */
function wraps(name: string, value: string): boolean {
  return /^(?:FLASK_)?OIDC_|^FLASK_APP_(?:MODULE|CLASS)_NAME$|^APP_WRAPPER/.test(name) || /oidc/i.test(value)
}

/** Whether a variable is one of flaskoidc, or says that a service uses it. */
export function isOfFlaskoidc(name: string): boolean {
  return (
    /^(?:FLASK_OIDC_|OIDC_|FLASK_APP_(?:MODULE|CLASS)_NAME$|APP_WRAPPER|INTROSPECTION_AUTH_METHOD$|OVERWRITE_REDIRECT_URI$)/.test(
      name,
    ) || /^(?:FRONTEND|METADATA|SEARCH)_SVC_CONFIG_MODULE_CLASS$/.test(name)
  )
}

/** The service that a name, an image or a file is of. Elasticsearch is none. */
export function serviceNamed(...texts: readonly string[]): Service | undefined {
  for (const text of texts) {
    const plain = text.toLowerCase().replace(/(?:elastic|open)[-_]?search/g, '')
    const named = services.filter((service) => plain.includes(service))
    if (named.length === 1) return named[0]
  }
  return undefined
}
