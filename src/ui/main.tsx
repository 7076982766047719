import { render } from 'preact';
import { App } from './app.tsx';
import { resumeSession } from './session/sign.ts';
import './style/index.css';

const page = document.getElementById('page');
if (page !== null) render(<App />, page);
void resumeSession();
