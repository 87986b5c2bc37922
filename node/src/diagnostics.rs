//! What may be shown to somebody who helps.

/// The settings without where passwords lie, and without credentials in addresses.
pub(crate) fn without_secrets(text: &str) -> String {
    let line = |line: &str| {
        let (name, _) = line.split_once('=').unwrap_or((line, ""));
        let secret = ["password", "token", "secret"]
            .iter()
            .any(|word| name.contains(word));
        if secret && !line.trim_start().starts_with('#') {
            format!("{name}= \"(left out)\"")
        } else {
            line.to_owned()
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_passwords_lie_is_left_out() {
        let text = "[keys]\npassword_file = \"/run/secret\"\n# password_file = \"\"\n[node]\nmoniker = \"a\"";
        assert_eq!(
            without_secrets(text),
            "[keys]\npassword_file = \"(left out)\"\n# password_file = \"\"\n[node]\nmoniker = \"a\"\n"
        );
    }
}
