/**
 * Writers for the file formats of products. Each takes typed values and escapes by the format's own rules, so that nothing
 * from the configuration can become a key, a line or code. No product concatenates text into a file itself. What a format has no
 * form for is an UnwritableValue; the predicates (isVariableName, isIniText, ...) let a product say so before that.
 */
export { celText } from './formats/cel.ts'
export { type Comment, comment } from './formats/comment.ts'
export { csvLine } from './formats/csv.ts'
export type { Data } from './formats/data.ts'
export { type EnvEntry, envEntry, writeEnv } from './formats/env.ts'
export { exprText } from './formats/expr.ts'
export {
  type HclAttribute,
  type HclBlock,
  type HclBody,
  type HclReference,
  type HclValue,
  hclAttribute,
  hclBlock,
  hclReference,
  isHclText,
  writeHcl,
} from './formats/hcl.ts'
export {
  type IniKey,
  type IniSection,
  type IniValue,
  iniKey,
  iniSection,
  isIniText,
  writeIni,
} from './formats/ini.ts'
export { javaExactly, javaReplacement, javaText } from './formats/java-regex.ts'
export { jmesField, jmesList, jmesText } from './formats/jmespath.ts'
export { jsonLine, writeJson } from './formats/json.ts'
export { mdCode, mdText } from './formats/markdown.ts'
export { type Placeholder, placeholder, placeholderText } from './formats/placeholder.ts'
export {
  type AirliftVariable,
  airliftVariable,
  type EnvVariable,
  envVariable,
  type JsonProperty,
  type Property,
  property,
  propertyJson,
  type SmallRyeValue,
  smallRyeList,
  smallRyeText,
  smallRyeVariable,
  writeProperties,
} from './formats/properties.ts'
export {
  type PyEnvironment,
  type PyImported,
  type PyName,
  type PySet,
  type PyStatement,
  type PyValue,
  pyAssign,
  pyCode,
  pyDict,
  pyEnvironment,
  pyFrom,
  pyImport,
  pyLiteral,
  pyName,
  pySet,
  writePython,
} from './formats/python.ts'
export {
  type ShellCommand,
  type ShellVariable,
  type ShellWord,
  shellCommand,
  shellVariable,
  shellWord,
  writeShell,
} from './formats/shell.ts'
export {
  type TomlBody,
  type TomlKey,
  type TomlTable,
  type TomlValue,
  tomlKey,
  tomlTable,
  tomlTables,
  writeToml,
} from './formats/toml.ts'
export { UnwritableValue } from './formats/unwritable-value.ts'
export { envPlaceholder, isVariableName, upperSnake } from './formats/variable-name.ts'
export { writeXml, type XmlElement, xmlElement } from './formats/xml.ts'
export {
  writeYaml,
  writeYamlDocuments,
  type YamlComment,
  type YamlDocument,
  type YamlValue,
  yamlComment,
  yamlKeys,
  yamlWith,
} from './formats/yaml.ts'
