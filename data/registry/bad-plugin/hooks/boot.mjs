throw new Error('bad on purpose');
