#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Types are stripped and code is compiled once per version, not with every command.
enableCompileCache();
await import('./run.ts');
