// A short tone for what concerns whoever is signed in; ten seconds apart at least, and never if they turned it off.

const APART = 10_000;

export function makeSound() {
  let context = null;
  let last = 0;
  // Browsers let a page sound only after somebody touched it.
  const wake = () => {
    context ??= new AudioContext();
    context.resume();
  };
  const tone = (frequency, at) => {
    const sound = context.createOscillator();
    const volume = context.createGain();
    sound.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
    sound.connect(volume).connect(context.destination);
    sound.start(at);
    sound.stop(at + 0.4);
  };
  return {
    wake,
    play({ urgent = false } = {}) {
      if (!context || context.state !== "running" || Date.now() - last < APART) {
        return;
      }
      last = Date.now();
      const now = context.currentTime;
      (urgent ? [880, 660, 880] : [660, 880]).forEach((frequency, index) => tone(frequency, now + index * 0.18));
    },
  };
}
