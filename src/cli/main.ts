#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { systemIo } from './io.js'
import { runCli } from './program.js'

const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('midwatch/package.json')), 'utf8'))

// A reader that has seen enough (`midwatch ps | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 6))

const exit = await runCli(process.argv.slice(2), systemIo(), version)
// What a config left open must not keep the command alive; what was written must be out first.
process.stdout.write('', () => process.exit(exit))
