//! The clients that registered.

use std::collections::VecDeque;

use crate::sandbox::jwt::TokenAlgorithm;

/// So many are remembered; the oldest is forgotten for a new one.
const MOST: usize = 256;

/// A public client: it has no secret, and proves with PKCE that it is who asked.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    /// Each on loopback; at least one.
    pub(super) redirect_uris: Vec<String>,
    /// What its tokens are signed with.
    pub(super) algorithm: TokenAlgorithm,
}

/// All clients, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Clients(VecDeque<Client>);

impl Clients {
    /// Remembers a client.
    pub(super) fn add(&mut self, client: Client) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(client);
    }

    /// The client of this id.
    pub(super) fn get(&self, id: &str) -> Option<&Client> {
        self.0.iter().find(|client| client.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_client_makes_room_for_the_newest() {
        let mut clients = Clients::default();
        for number in 0..=MOST {
            let algorithm = TokenAlgorithm::Rs256;
            clients.add(Client { id: number.to_string(), redirect_uris: Vec::new(), algorithm });
        }
        assert_eq!(clients.0.len(), MOST);
        assert!(clients.get("0").is_none() && clients.get("1").is_some() && clients.get(&MOST.to_string()).is_some());
    }
}
