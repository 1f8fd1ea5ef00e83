//! The programs of `tests/python`.

use super::program::{Program, bare, installed, repository};

impl Program {
    /// Starts `tests/python/<script>`.
    pub(crate) fn python(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        // One of its clients starts the proxy from the neighbouring environment.
        installed("proxy");
        let mut command = bare(installed("clients").join("bin/python"));
        command
            .arg(repository().join("tests/python").join(script))
            .args(arguments)
            .env("PYTHONUTF8", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(environment.iter().copied());
        Self::start(script, &mut command)
    }
}
