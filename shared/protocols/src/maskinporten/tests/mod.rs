mod grant;
mod refusal;
