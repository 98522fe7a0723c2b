//! An agent as the crate's own example builds it, which says that it is ready and ends with its input.
use std::io::Write;

use axonerai::{Agent, Calculator, FileSessionManager, GroqProvider, ToolRegistry, WebScrape, WebSearch};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut tools = ToolRegistry::new();
    tools.register(Box::new(Calculator));
    tools.register(Box::new(WebSearch));
    tools.register(Box::new(WebScrape));
    let listed = format!("Available tools: {:?}", tools.list_tools());
    let sessions = FileSessionManager::new("bench".to_string(), std::env::temp_dir())?;
    let provider = Box::new(GroqProvider::new("none".to_string()));
    let _agent = Agent::new(provider, tools, Some("You are helpful.".to_string()), Some(sessions));
    println!("{listed}");
    std::io::stdout().flush()?;
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
