/** Variables of flaskoidc that render does not write, and that mean the same beside what it writes: they go to `extra`. */
import type { Data } from '../../formats.ts'
import type { Findings } from './findings.ts'
import { type Service, services } from './service-settings.ts'

/** None is a secret, whatever it is. */
const kept = [
  'FLASK_OIDC_LOG_DATE_FORMAT',
  'FLASK_OIDC_LOG_LEVEL',
  'FLASK_OIDC_OVERWRITE_REDIRECT_URI',
  'OIDC_CLOCK_SKEW',
  'OIDC_COOKIE_SECURE',
  'OIDC_GOOGLE_APPS_DOMAIN',
  'OIDC_REQUIRE_VERIFIED_EMAIL',
  'OIDC_USER_INFO_ENABLED',
  'SEARCH_SVC_CONFIG_MODULE_CLASS',
]

/** Values that change nothing. */
const usual: Readonly<Record<string, string>> = {
  FLASK_OIDC_OVERWRITE_REDIRECT_URI: '/',
  SEARCH_SVC_CONFIG_MODULE_CLASS: 'search_service.config.LocalConfig',
}

/** The `extra` of the product, by the rendered file; undefined where there is nothing. Values of a chart stay there: the rendered ones do not set them. */
export function readAsTheyAre({ settings }: Findings): Record<string, Data> | undefined {
  const files: Record<string, Data> = {}
  for (const service of services) {
    const found = kept.flatMap((name): [string, string][] => {
      const setting = isOf(service, name) ? settings.take(name, [service]) : undefined
      return setting && !isUsual(name, setting.value) ? [[name, setting.value]] : []
    })
    if (found.length === 0) continue
    files[`${service}.env`] = Object.fromEntries(found)
  }
  return Object.keys(files).length === 0 ? undefined : files
}

/** The class of the search service is no setting of the others. */
function isOf(service: Service, name: string): boolean {
  return name !== 'SEARCH_SVC_CONFIG_MODULE_CLASS' || service === 'search'
}

/** Nothing, or the first page as a whole address. */
function isUsual(name: string, value: string): boolean {
  if (name === 'FLASK_OIDC_OVERWRITE_REDIRECT_URI' && URL.parse(value)?.pathname === '/') return true
  return usual[name] === value
}
