/** Overrides of a KafkaCluster that are about sign-in. */
import { keepIt, type Rule } from './rule.ts'

const config = /^(?:broker|server|controller)\.properties$/

export const kafkaRules: readonly Rule[] = [
  {
    file: config,
    key: /^(?:authorizer\.class\.name|super\.users|allow\.everyone\.if\.no\.acl\.found|opa\..*)$/,
    effect: 'access',
    why: `It decided who may do what. ${keepIt}`,
    isHarmless: true,
  },
  {
    file: config,
    key: /^(?:listener\.name\.[^.]+\.)?(?:principal\.builder\.class|ssl\.principal\.mapping\.rules|sasl\.kerberos\.principal\.to\.local\.rules|.*sub\.claim\.name)$/,
    effect: 'identity',
    why: `Names of clients were made by it. ${keepIt}`,
    isHarmless: true,
  },
  {
    file: config,
    key: /^(?:listener\.name\.[^.]+\.)?(?:.*\.)?(?:sasl\.|oauthbearer\.|ssl\.client\.auth)/,
    effect: 'access',
    why: `Clients got in by it. ${keepIt} Where the rendered file has the key, the last line wins.`,
  },
]
