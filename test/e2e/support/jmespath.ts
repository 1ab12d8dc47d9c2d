import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, run } from './cache.ts'
import { findGo } from './go.ts'
import { tempFolder } from './temp.ts'

/** Grafana's own; Grafana itself is in no registry. */
const LIBRARY = 'github.com/jmespath-community/go-jmespath@v1.1.1'

/** Reads an expression and a list of documents from a file, and writes a list of what it finds. */
const program = `package main

import (
	"encoding/json"
	"os"

	"github.com/jmespath-community/go-jmespath"
)

func main() {
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var input struct {
		Expression string
		Documents  []any
	}
	if err := json.Unmarshal(content, &input); err != nil {
		panic(err)
	}
	found := make([]any, len(input.Documents))
	for index, document := range input.Documents {
		result, err := jmespath.Search(input.Expression, document)
		if err != nil {
			panic(err)
		}
		found[index] = result
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}
`

/** What an expression of JMESPath finds in each document. Throws where the library refuses the expression or its types. */
export async function searchAll(expression: string, documents: readonly unknown[]): Promise<unknown[]> {
  const folder = await installSearch()
  const file = join(tempFolder('jmespath'), 'input.json')
  writeFileSync(file, JSON.stringify({ Expression: expression, Documents: documents }))
  return JSON.parse(await run(join(folder, 'search'), [file], { cwd: folder })) as unknown[]
}

function installSearch(): Promise<string> {
  return cached(`jmespath-${LIBRARY.split('@')[1]}`, async (folder) => {
    const go = await findGo()
    const env = { GOFLAGS: '-mod=mod' }
    writeFileSync(join(folder, 'main.go'), program)
    await run(go, ['mod', 'init', 'search'], { cwd: folder, env })
    await run(go, ['get', LIBRARY], { cwd: folder, env })
    await run(go, ['build', '-o', 'search', '.'], { cwd: folder, env })
  })
}
