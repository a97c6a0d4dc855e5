//! How much one answer may carry: WindowSize of a collection and of the whole request.
//!
//! [MS-ASCMD] §2.2.3.199

/// What is left of the windows of a request.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    left: usize,
}

impl Window {
    /// The window of a whole request: what the client asked for, under the site's cap.
    #[must_use]
    pub fn of_request(asked: Option<u32>, cap: Option<u32>) -> Self {
        let asked = asked.map_or(MAX, clamp);
        Self { left: cap.map_or(asked, |cap| asked.min(cap as usize)) }
    }

    /// How many changes the next collection may send, of the window it asked for.
    #[must_use]
    pub fn share(&self, asked: Option<u32>, cap: Option<u32>) -> usize {
        let asked = asked.map_or(DEFAULT, clamp);
        cap.map_or(asked, |cap| asked.min(cap as usize)).min(self.left)
    }

    /// Takes what a collection sent out of the request's window.
    pub fn spend(&mut self, n_changes: usize) {
        self.left = self.left.saturating_sub(n_changes);
    }

    /// Whether nothing more fits.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.left == 0
    }
}

/// 0 and values above 512 mean 512, as the protocol has it.
fn clamp(asked: u32) -> usize {
    match asked {
        1..=512 => asked as usize,
        _ => MAX,
    }
}

/// Most changes in one answer.
const MAX: usize = 512;
/// A collection's window when the client names none.
const DEFAULT: usize = 100;

#[cfg(test)]
mod tests {
    use crate::delta::window::Window;

    #[test]
    fn a_collection_gets_what_it_asks_within_the_request() {
        let mut window = Window::of_request(Some(30), None);
        assert_eq!(window.share(Some(25), None), 25);
        window.spend(25);
        assert_eq!(window.share(Some(25), None), 5);
        window.spend(5);
        assert!(window.is_used_up());
    }

    #[test]
    fn zero_and_too_much_mean_512() {
        let window = Window::of_request(None, None);
        assert_eq!(window.share(Some(0), None), 512);
        assert_eq!(window.share(Some(9999), None), 512);
        assert_eq!(window.share(None, None), 100);
        assert_eq!(window.share(Some(50), Some(10)), 10);
        assert_eq!(Window::of_request(None, Some(7)).share(None, None), 7);
    }
}
