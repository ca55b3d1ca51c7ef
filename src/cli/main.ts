#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'

const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('midwatch/package.json')), 'utf8'))

await new Command('midwatch')
  .description('Runs AI agents in production: one ledger, governed steps, no effect twice by itself.')
  .version(version)
  .parseAsync()
